"""Assembling the gRPC server: options, interceptors in their order, services, reflection."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import HealthServicer
from grpc_reflection.v1alpha import reflection

from facesvc.transport.authentication.interceptor import Access, Callers
from facesvc.transport.contract import SERVICES
from facesvc.transport.face_servicer import FaceServicer
from facesvc.transport.gallery_servicer import GalleryServicer
from facesvc.transport.interceptors.access_log import AccessLog
from facesvc.transport.interceptors.call_metrics import CallMetrics, CallObserver
from facesvc.transport.interceptors.errors import Errors
from facesvc.transport.interceptors.health_threads import HealthThreads
from facesvc.transport.interceptors.request_id import RequestId
from facesvc.transport.interceptors.stream_limit import StreamLimit
from facesvc.transport.reflection_pool import reflection_pool
from facesvc.v1 import face_service_pb2_grpc, gallery_service_pb2_grpc

# Above every image limit and Envoy's body limit, so that the service itself answers a message
# that is too large, with IMAGE_TOO_LARGE and not grpcio's RESOURCE_EXHAUSTED.
MAX_MESSAGE_BYTES = 128 * 1024 * 1024

# Of the threads, streams may hold one in three: a client that opens streams and lets them lie must
# not keep others from calling.
STREAMS_SHARE = 3

# Calls that wait for a thread hold their photos in memory, so their number is bounded as well.
# grpcio itself refuses what is beyond, with RESOURCE_EXHAUSTED and without our details.
CALLS_A_THREAD = 4


class AddressInUseError(Exception):
    """The port is taken."""


@dataclass
class FaceServer:
    """A gRPC server with its health service; NOT_SERVING until ``start``."""

    grpc_server: grpc.Server
    health: HealthServicer
    port: int

    def start(self) -> None:
        """Begin to serve and say so."""
        self.grpc_server.start()
        for service in ("", *SERVICES):
            self.health.set(service, health_pb2.HealthCheckResponse.SERVING)

    def drain(self, grace_s: float) -> None:
        """Say NOT_SERVING, take no new calls, and let those in flight finish."""
        self.health.enter_graceful_shutdown()
        self.grpc_server.stop(grace_s).wait()


def build_server(
    faces: FaceServicer,
    gallery: GalleryServicer,
    *,
    address: str,
    threads: int,
    serve_reflection: bool,
    callers: Callers | None = None,
    observer: CallObserver | None = None,
) -> FaceServer:
    """Return a server bound to ``address`` (host:port; port 0 takes a free one).

    ``threads`` bounds the calls in progress; a third of them may be streams. Three times as many
    may wait for a thread. ``callers`` knows the API keys; None lets everyone in. ``observer``
    is told of each call. Raises AddressInUseError.
    """
    server = grpc.server(
        ThreadPoolExecutor(threads, thread_name_prefix="rpc"),
        interceptors=[
            HealthThreads(),
            RequestId(),
            AccessLog(),
            *([] if observer is None else [CallMetrics(observer)]),
            *([] if callers is None else [Access(callers)]),
            StreamLimit(max(1, threads // STREAMS_SHARE)),
            Errors(),
        ],
        options=(
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
            ("grpc.so_reuseport", 0),  # a second server on the port is an error, not a rival
        ),
        maximum_concurrent_rpcs=threads * CALLS_A_THREAD,
    )
    face_service_pb2_grpc.add_FaceServiceServicer_to_server(faces, server)  # type: ignore[no-untyped-call] # generated
    gallery_service_pb2_grpc.add_GalleryServiceServicer_to_server(gallery, server)  # type: ignore[no-untyped-call] # generated
    health = HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    for service in ("", *SERVICES):
        health.set(service, health_pb2.HealthCheckResponse.NOT_SERVING)
    if serve_reflection:
        names = (*SERVICES, "grpc.health.v1.Health", reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server, pool=reflection_pool())
    try:
        port = server.add_insecure_port(address)
    except RuntimeError:
        raise AddressInUseError(
            f"cannot listen on {address}: no address of this machine, or the port is taken."
        ) from None
    return FaceServer(server, health, port)
