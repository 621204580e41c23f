"""The gRPC server as a program: settings, bootstrap, serve, drain. ``python -m facesvc.serve``."""

from __future__ import annotations

import gc
import os
import signal
import sys

import structlog

from facesvc.allocator import give_back_freed_memory, keep_freed_memory
from facesvc.environment import SettingsError, misspelt_variables
from facesvc.log import configure_logging
from facesvc.opencv import HEADLESS, OpenCVError, installed_builds, load_opencv
from facesvc.settings import Settings, load_settings
from facesvc.stop import Stop
from facesvc.transport.server import end_process

# Variables of the gateway and the command line, which may stand in the same environment.
READ_ELSEWHERE = frozenset(
    {
        "CONSOLE",
        "CORS_ORIGINS",
        "GATEWAY_ADMIN_HOST",
        "GATEWAY_ADMIN_PORT",
        "GATEWAY_TRUSTED_HOPS",
        "GATEWAY_UPSTREAM",
    }
)


def main() -> int:
    """Serve until SIGTERM or SIGINT ends the process; return the status of a start that failed."""
    try:
        settings = load_settings()
    except SettingsError as error:
        print(f"facesvc cannot start; wrong settings:\n{error}", file=sys.stderr)  # noqa: T201 - before logging exists
        return 2
    keep_freed_memory(arenas=max(2, settings.compute_permits))
    # grpcio's core writes to standard error by itself, and would wait for who reads it.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    configure_logging(settings.log_level, settings.log_format)
    log = structlog.get_logger("facesvc")
    known = {name.upper() for name in Settings.model_fields}
    for name, meant in misspelt_variables(os.environ, known | READ_ELSEWHERE).items():
        log.warning("no such setting", variable=name, is_it=meant)
    if len(builds := installed_builds()) > 1:
        log.warning("several builds of OpenCV overwrite each other", installed=builds, do=HEADLESS)
    try:
        load_opencv()
    except OpenCVError as error:
        log.error("cannot start", reason=str(error))
        return 1
    # Imported late: these import OpenCV.
    from facesvc.bootstrap.service import bootstrap
    from facesvc.bootstrap.startup import StartupError

    stop = Stop((signal.SIGTERM, signal.SIGINT))
    try:
        service = bootstrap(settings)
    except StartupError as error:
        log.error("cannot start", reason=str(error))
        return 1
    # What lives as long as the process is not walked again: with 100,000 users enrolled, a full
    # collection stopped every call for some 50 ms.
    gc.collect()
    gc.freeze()
    give_back_freed_memory()
    with service:
        service.server.start()
        log.info("serving", address=f"{settings.host}:{service.server.port}", **service.summary)
        stop.wait()
        log.info("draining", lame_duck_s=settings.lame_duck_s, grace_s=settings.drain_s)
        service.server.drain(settings.drain_s, settings.lame_duck_s)
    log.info("stopped")
    return end_process()


if __name__ == "__main__":
    sys.exit(main())
