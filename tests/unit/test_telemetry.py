"""When there is telemetry, and what is imported when there is none."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import pytest

from facesvc.bootstrap.startup import StartupError
from facesvc.bootstrap.telemetry import telemetry_of
from facesvc.telemetry.wanted import wanted_signals

AT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317"}


@pytest.mark.parametrize(
    ("environment", "signals"),
    [
        ({}, set()),
        ({"OTEL_SERVICE_NAME": "faces"}, set()),
        (AT, {"traces", "metrics"}),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4317"}, {"traces"}),
        (AT | {"OTEL_METRICS_EXPORTER": "none"}, {"traces"}),
        (AT | {"OTEL_SDK_DISABLED": "true"}, set()),
    ],
)
def test_endpoint_switches_it_on(environment: dict[str, str], signals: set[str]) -> None:
    """And OpenTelemetry's own variables off again."""
    assert wanted_signals(environment) == signals


def test_nothing_is_imported_without_an_endpoint() -> None:
    """An installed extra costs nothing that is not used."""
    code = (
        "import sys, contextlib, facesvc.serve\n"
        "from facesvc.bootstrap.telemetry import telemetry_of\n"
        "assert telemetry_of(contextlib.ExitStack()) is None\n"
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], env={}, check=False).returncode == 0


def test_missing_extra_and_other_protocols_are_told_at_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever set the variable expects traces."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", AT["OTEL_EXPORTER_OTLP_ENDPOINT"])
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    with contextlib.ExitStack() as resources, pytest.raises(StartupError, match="only grpc"):
        telemetry_of(resources)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_PROTOCOL")
    monkeypatch.delitem(sys.modules, "facesvc.telemetry.otlp", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with contextlib.ExitStack() as resources, pytest.raises(StartupError, match=r"facesvc\[otel\]"):
        telemetry_of(resources)
