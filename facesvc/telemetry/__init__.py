"""OpenTelemetry, an extra: traces and metrics of calls, sent where the OTEL_ variables say."""
