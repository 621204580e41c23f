"""Spans and metrics by OTLP over gRPC. Everything about where and how often is the SDK's to read,
from the OTEL_ variables.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from google.rpc import code_pb2
from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import CallbackOptions, NoOpMeterProvider, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from opentelemetry import metrics

# Of these the server is to blame, as OpenTelemetry's conventions for RPC say.
_SERVER_ERRORS = frozenset(
    ("UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS")
)
_LAST_SEND_S = 2.0
_STATUS_NUMBERS = dict(code_pb2.Code.items())


class Otlp:
    """Sends what it is told of calls and their stages. Attributes hold names of this service and
    the request id, never what a caller sent.
    """

    def __init__(
        self,
        signals: frozenset[str],
        version: str,
        call_buckets: Sequence[float],
        stage_buckets: Sequence[float],
    ) -> None:
        named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get(
            "OTEL_RESOURCE_ATTRIBUTES", ""
        )
        name = {} if named else {"service.name": "facesvc"}
        resource = Resource.create({"service.version": version, **name})
        self._closing: list[Callable[[], object]] = []
        self._propagator = TraceContextTextMapPropagator()
        self._tracer = self._tracer_of(resource, version, "traces" in signals)
        self._meter = self._meter_of(resource, version, "metrics" in signals)
        self._calls = self._meter.create_histogram(
            "rpc.server.call.duration",
            "s",
            "Time from a call's first request to its last answer.",
            explicit_bucket_boundaries_advisory=list(call_buckets),
        )
        self._stages = self._meter.create_histogram(
            "facesvc.stage.duration",
            "s",
            "Time of one stage of a call.",
            explicit_bucket_boundaries_advisory=list(stage_buckets),
        )
        self._in_progress = self._meter.create_up_down_counter(
            "facesvc.calls.in_progress", "{call}", "Calls that have begun and not ended."
        )
        self._refusals = self._meter.create_counter(
            "facesvc.refusals", "{call}", "Calls and items of streams that failed, by reason."
        )

    @contextmanager
    def call(
        self, method: str, headers: Mapping[str, str], request_id: str
    ) -> Iterator[Callable[[str], None]]:
        """Span a call, as a child of what its traceparent names; yields what takes its status."""
        service, _, name = method.strip("/").rpartition("/")
        span = self._tracer.start_span(
            f"{service}/{name}",
            self._propagator.extract(headers),
            SpanKind.SERVER,
            {
                "rpc.system": "grpc",
                "rpc.service": service,
                "rpc.method": name,
                "facesvc.request_id": request_id,
            },
        )
        # Never detached: the context is the call's own and ends with it.
        contexts.attach(trace.set_span_in_context(span))

        def ended(code: str) -> None:
            span.set_attribute("rpc.grpc.status_code", _STATUS_NUMBERS.get(code, 2))
            if code in _SERVER_ERRORS:
                span.set_status(Status(StatusCode.ERROR, code))

        try:
            yield ended
        finally:
            span.end()

    def began(self, method: str) -> None:
        """A call has begun."""
        self._in_progress.add(1, {"rpc.method": method})

    def ended(self, method: str, code: str, seconds: float) -> None:
        """A call has ended."""
        self._in_progress.add(-1, {"rpc.method": method})
        said = {"rpc.system.name": "grpc", "rpc.method": method, "rpc.response.status_code": code}
        self._calls.record(seconds, said)

    def refused(self, reason: str) -> None:
        """A call, or an item of a stream, failed for a reason."""
        self._refusals.add(1, {"reason": reason})

    def stage_ended(self, stage: str, seconds: float) -> None:
        """A stage of the current call has ended this moment."""
        self._stages.record(seconds, {"stage": stage})
        if trace.get_current_span().is_recording():
            now = time.time_ns()
            began = now - round(seconds * 1e9)
            self._tracer.start_span(stage, start_time=began).end(now)

    def watch(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Follow a number that is looked up."""

        def look(_: CallbackOptions) -> Iterable[Observation]:
            yield Observation(float(value()))

        self._meter.create_observable_gauge(name.replace("_", ".", 1), [look], description=text)

    def close(self) -> None:
        """Send what is left, as long as that takes no longer than _LAST_SEND_S: a collector that
        is away does not hold up the end of the service.
        """
        deadline = time.monotonic() + _LAST_SEND_S
        threads = [threading.Thread(target=close, daemon=True) for close in self._closing]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _tracer_of(self, resource: Resource, version: str, wanted: bool) -> trace.Tracer:
        if not wanted:
            return trace.NoOpTracer()
        provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._closing.append(provider.shutdown)
        return provider.get_tracer("facesvc", version)

    def _meter_of(self, resource: Resource, version: str, wanted: bool) -> metrics.Meter:
        if not wanted:
            return NoOpMeterProvider().get_meter("facesvc", version)
        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        provider = MeterProvider([reader], resource, shutdown_on_exit=False)
        self._closing.append(provider.shutdown)
        return provider.get_meter("facesvc", version)
