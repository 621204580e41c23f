"""Assembling the gRPC server: options, interceptors in their order, services, reflection."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from facesvc.allocator import allocated_bytes
from facesvc.audit.trail import Trail
from facesvc.transport.arrival.call_pool import CallPool, CheckAdmission
from facesvc.transport.arrival.clients import Clients
from facesvc.transport.arrival.guesses import Guesses
from facesvc.transport.arrival.lanes import Lanes
from facesvc.transport.arrival.unread import UnreadCalls
from facesvc.transport.authentication.interceptor import Access, Callers
from facesvc.transport.connections import DEFAULT_POLICY, ConnectionPolicy
from facesvc.transport.contract import SERVICES
from facesvc.transport.health import Health
from facesvc.transport.interceptors.access_log import AccessLog
from facesvc.transport.interceptors.audit import Audit
from facesvc.transport.interceptors.call_metrics import CallMetrics, CallObserver
from facesvc.transport.interceptors.errors import Errors
from facesvc.transport.interceptors.handlers import Interceptor
from facesvc.transport.interceptors.refusals import Refusals
from facesvc.transport.interceptors.request_id import RequestId
from facesvc.transport.interceptors.traces import CallTracer, Traces
from facesvc.transport.reflection import add_reflection
from facesvc.transport.rest import RestBodies
from facesvc.transport.servicers import Servicers

# A stream holds a thread for as long as it lasts, so streams have threads of their own: one for
# every two of the others.
CALLS_A_STREAM = 2

# From the last answer's way into the kernel to its way to the caller.
_LAST_ANSWERS_S = 0.1
_STOP_S = 1.0


class AddressInUseError(Exception):
    """The port is taken."""


@dataclass
class FaceServer:
    """A gRPC server with its health service; NOT_SERVING until ``start``."""

    grpc_server: grpc.Server
    health: Health
    pool: CallPool
    port: int
    end_streams: Callable[[], None]

    def start(self) -> None:
        """Begin to serve and say so."""
        self.grpc_server.start()
        for service in ("", *SERVICES):
            self.health.set(service, health_pb2.HealthCheckResponse.SERVING)

    def drain(self, grace_s: float, lame_duck_s: float = 0.0) -> None:
        """Say NOT_SERVING while new calls are still served for ``lame_duck_s``, so that whoever
        shares them out looks elsewhere; then answer new ones UNAVAILABLE and let those in flight
        finish, at most ``grace_s``, their answers sent. Streams that would last for ever
        end at once.

        Goes on refusing after that, until the process ends: grpcio's own stop cancels what arrives
        in its last moments, and CANCELLED is not tried again as UNAVAILABLE is.
        """
        self.health.shut_down()
        time.sleep(lame_duck_s)
        self.pool.drain()
        self.end_streams()
        self.pool.wait_idle(grace_s)
        time.sleep(_LAST_ANSWERS_S)

    def close(self, grace_s: float) -> None:
        """Drain and stop listening, where the process goes on."""
        self.drain(grace_s)
        self.grpc_server.stop(_STOP_S).wait()
        self.pool.shutdown(wait=False)


def end_process() -> NoReturn:
    """End the process when everything but its connections is closed: the kernel closes those, which
    callers who have just called see as UNAVAILABLE.
    """
    logging.shutdown()
    os._exit(0)


def interceptors_of(
    pool: CallPool,
    callers: Callers | None,
    observer: CallObserver | None,
    trail: Trail | None,
    connections: ConnectionPolicy,
    tracer: CallTracer | None,
) -> list[Interceptor]:
    """Return the interceptors, outermost first: the one place that says their order.

    The pool decides before anything else is done for a call. What follows has the request id.
    The log, the metrics and the audit see every outcome, a refused key's too. Innermost are those
    that know the errors of what the call does.
    """
    return [
        pool,
        RequestId(),
        *([] if tracer is None else [Traces(tracer)]),
        AccessLog(),
        *([] if observer is None else [CallMetrics(observer)]),
        *([] if trail is None else [Audit(trail)]),
        *([] if callers is None else [Access(callers)]),
        Refusals(),
        Errors(connections.messages),
        RestBodies(),
    ]


def build_server(
    servicers: Servicers,
    *,
    address: str,
    threads: int,
    serve_reflection: bool,
    callers: Callers | None = None,
    observer: CallObserver | None = None,
    trail: Trail | None = None,
    tracer: CallTracer | None = None,
    connections: ConnectionPolicy = DEFAULT_POLICY,
    check_admission: CheckAdmission | None = None,
    gateway_secret: str = "",
    credentials: grpc.ServerCredentials | None = None,
    socket_path: str = "",
) -> FaceServer:
    """Return a server bound to ``address`` (host:port; port 0 takes a free one).

    ``threads`` bounds the calls in progress, and there may be half as many streams.
    ``callers`` knows the API keys; None lets everyone in. ``observer`` is told of each call,
    ``trail`` of each that is audited; ``tracer`` spans each.
    ``check_admission`` tells on a call's
    arrival whether it would be refused. Who knows ``gateway_secret`` may call for others.
    ``credentials`` encrypt the port; ``socket_path`` is a Unix socket that is served, too, plain.
    Raises AddressInUseError.
    """
    pool = CallPool(
        Lanes(threads, max(1, threads // CALLS_A_STREAM)),
        UnreadCalls(connections.unread, allocated_bytes),
        Clients(gateway_secret),
        Guesses(connections.guesses),
        check_admission,
    )
    server = grpc.server(
        pool,  # type: ignore[arg-type] # an Executor is enough
        interceptors=interceptors_of(pool, callers, observer, trail, connections, tracer),
        options=connections.options(),
    )
    servicers.add_to(server)
    health = Health()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    for service in ("", *SERVICES):
        health.set(service, health_pb2.HealthCheckResponse.NOT_SERVING)
    if serve_reflection:
        add_reflection((*SERVICES, "grpc.health.v1.Health"), server)
    try:
        if credentials is None:
            port = server.add_insecure_port(address)
        else:
            port = server.add_secure_port(address, credentials)
        if socket_path:
            server.add_insecure_port(f"unix:{socket_path}")
    except RuntimeError:
        raise AddressInUseError(
            f"cannot listen on {address}: no address of this machine, or the port is taken."
        ) from None
    return FaceServer(server, health, pool, port, servicers.events.end_streams)
