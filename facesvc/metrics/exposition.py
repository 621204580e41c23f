"""The HTTP endpoint that Prometheus reads."""

from __future__ import annotations

import errno
from collections.abc import Callable

from prometheus_client import start_http_server

from facesvc.metrics.catalog import Metrics


class MetricsPortError(Exception):
    """The endpoint's address cannot be listened on."""


def serve_metrics(metrics: Metrics, host: str, port: int) -> Callable[[], None]:
    """Answer GET /metrics on its own thread; return what ends it. Raises MetricsPortError."""
    try:
        server, thread = start_http_server(port, addr=host, registry=metrics.registry)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "the port is taken" if taken else str(error.strerror)
        raise MetricsPortError(f"cannot listen on {host}:{port}: {reason}.") from None

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
