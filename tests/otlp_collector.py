"""A collector that keeps what it is sent over OTLP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class Collector:
    """Its two services."""

    endpoint: str = ""
    spans: list[Span] = field(default_factory=list)
    metrics: dict[str, Metric] = field(default_factory=dict)
    services: set[str] = field(default_factory=set)

    def span(self, name: str, seconds: float = 10.0) -> Span:
        """Return the first span of the name, as soon as it is here."""
        deadline = time.monotonic() + seconds
        while True:
            for span in self.spans:
                if span.name == name:
                    return span
            assert time.monotonic() < deadline, [span.name for span in self.spans]
            time.sleep(0.05)

    def children_of(self, parent: Span) -> set[str]:
        """Return the names of a span's children."""
        return {span.name for span in self.spans if span.parent_span_id == parent.span_id}

    def take_spans(
        self, request: ExportTraceServiceRequest, _: grpc.ServicerContext
    ) -> ExportTraceServiceResponse:
        """Keep spans."""
        for resource in request.resource_spans:
            self._note(resource.resource.attributes)
            for scope in resource.scope_spans:
                self.spans += scope.spans
        return ExportTraceServiceResponse()

    def take_metrics(
        self, request: ExportMetricsServiceRequest, _: grpc.ServicerContext
    ) -> ExportMetricsServiceResponse:
        """Keep the last of each metric."""
        for resource in request.resource_metrics:
            self._note(resource.resource.attributes)
            for scope in resource.scope_metrics:
                self.metrics |= {metric.name: metric for metric in scope.metrics}
        return ExportMetricsServiceResponse()

    def _note(self, attributes: object) -> None:
        for each in attributes:  # type: ignore[attr-defined] # a repeated field
            if each.key == "service.name":
                self.services.add(each.value.string_value)


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run one on a free port."""
    collector = Collector()
    server = grpc.server(ThreadPoolExecutor(2))
    for service, take, request in (
        ("trace.v1.TraceService", collector.take_spans, ExportTraceServiceRequest),
        ("metrics.v1.MetricsService", collector.take_metrics, ExportMetricsServiceRequest),
    ):
        export: object = grpc.unary_unary_rpc_method_handler(
            take, request.FromString, lambda answer: answer.SerializeToString()
        )
        name = f"opentelemetry.proto.collector.{service}"
        handler = grpc.method_handlers_generic_handler(name, {"Export": export})
        server.add_generic_rpc_handlers((handler,))
    collector.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield collector
    finally:
        server.stop(None).wait()
