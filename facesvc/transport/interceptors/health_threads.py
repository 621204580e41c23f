"""Health is answered by threads of its own, so that it is told even when all others are busy."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import grpc

from facesvc.transport.interceptors.handlers import Handler, Interceptor

# Unary calls that neither wait nor compute. Watch is a stream and stays with the others.
_AT_ONCE = frozenset({"/grpc.health.v1.Health/Check", "/facesvc.v1.FaceService/GetHealth"})
_THREADS = 2  # each such call takes well below a millisecond


class HealthThreads(Interceptor):
    """Outermost, because grpcio looks for the pool on the outermost behaviour."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="health")

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Handler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = continuation(handler_call_details)
        if handler is not None and handler_call_details.method in _AT_ONCE:
            # grpcio's own hook, see _select_thread_pool_for_behavior in grpc/_server.py.
            handler.unary_unary.experimental_thread_pool = self._pool  # type: ignore[union-attr]
        return handler
