"""Whether the OTEL_ variables ask for telemetry; imports nothing of OpenTelemetry."""

from __future__ import annotations

from collections.abc import Mapping

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_OF = "OTEL_EXPORTER_OTLP_{}_ENDPOINT"


def wanted_signals(environment: Mapping[str, str]) -> frozenset[str]:
    """Return which of "traces" and "metrics" are to be sent: those that have an endpoint, without
    one nothing. OTEL_SDK_DISABLED and OTEL_TRACES_EXPORTER or OTEL_METRICS_EXPORTER "none" switch
    off what they say.
    """
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return frozenset()
    return frozenset(
        signal.lower()
        for signal in ("TRACES", "METRICS")
        if (environment.get(_ENDPOINT) or environment.get(_OF.format(signal)))
        and environment.get(f"OTEL_{signal}_EXPORTER", "otlp").strip().lower() != "none"
    )
