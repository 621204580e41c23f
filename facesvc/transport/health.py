"""The standard health service, whose watchers leave when the server shuts down."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
from grpc_health.v1 import health_pb2
from grpc_health.v1.health import HealthServicer

_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Health(HealthServicer):
    """grpcio's, but a Watch ends with its NOT_SERVING: it would hold up the end of the server."""

    def __init__(self) -> None:
        super().__init__()
        self._shutting_down = False

    def shut_down(self) -> None:
        """Say NOT_SERVING from here on, and end every Watch."""
        self._shutting_down = True
        self.enter_graceful_shutdown()

    def Watch(  # type: ignore[override] # noqa: N802 - grpcio's name; it returns any iterator
        self,
        request: health_pb2.HealthCheckRequest,
        context: grpc.ServicerContext,
    ) -> Iterator[health_pb2.HealthCheckResponse]:
        """Yield the status now and whenever it changes."""
        for answer in super().Watch(request, context):
            last = self._shutting_down and answer.status == _NOT_SERVING
            yield answer
            if last:
                return
