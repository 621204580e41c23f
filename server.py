"""Entry point of the gRPC server: settings, bootstrap, serve, drain."""

from __future__ import annotations

import signal
import sys
import threading

import structlog

from facesvc.bootstrap import StartupError, bootstrap
from facesvc.log import configure_logging
from facesvc.memory import keep_flat
from facesvc.settings import SettingsError, load_settings


def main() -> int:
    """Serve until SIGTERM or SIGINT; return the process's exit status."""
    try:
        settings = load_settings()
    except SettingsError as error:
        print(f"facesvc cannot start; wrong settings:\n{error}", file=sys.stderr)  # noqa: T201 - before logging exists
        return 2
    configure_logging(settings.log_level, settings.log_format)
    keep_flat()
    log = structlog.get_logger("facesvc")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        service = bootstrap(settings)
    except StartupError as error:
        log.error("cannot start", reason=str(error))
        return 1
    with service:
        service.server.start()
        log.info("serving", address=f"{settings.host}:{service.server.port}", **service.summary)
        stop.wait()
        log.info("draining", grace_s=settings.drain_s)
        service.server.drain(settings.drain_s)
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
