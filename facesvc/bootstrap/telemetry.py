"""Starts OpenTelemetry where the environment asks for it; else nothing of it is imported."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from facesvc import __version__
from facesvc.bootstrap.startup import StartupError
from facesvc.metrics.catalog import CALL_BUCKETS, STAGE_BUCKETS
from facesvc.telemetry.wanted import wanted_signals

if TYPE_CHECKING:
    from facesvc.telemetry.otlp import Otlp


def telemetry_of(resources: contextlib.ExitStack) -> Otlp | None:
    """Return what sends traces and metrics, None where none are asked for. Raises StartupError."""
    signals = wanted_signals(os.environ)
    if not signals:
        return None
    protocol = os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    if protocol != "grpc":
        raise StartupError(f"OTEL_EXPORTER_OTLP_PROTOCOL={protocol}: only grpc is built in.")
    try:
        from facesvc.telemetry.otlp import Otlp
    except ImportError as error:
        raise StartupError(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set and OpenTelemetry is not installed"
            f" ({error}): install facesvc[otel] or requirements/otel.lock."
        ) from None
    otlp = Otlp(signals, __version__, CALL_BUCKETS, STAGE_BUCKETS)
    resources.callback(otlp.close)
    return otlp
