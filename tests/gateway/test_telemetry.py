"""OpenTelemetry of the whole service, sent to a collector in this process."""

from __future__ import annotations

import time
from pathlib import Path

import grpc

from facesvc.v1 import face_service_pb2 as pb
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub
from harness.figures import record
from tests.faults.whole_run import PHOTO
from tests.gateway.stack import running
from tests.otlp_collector import Collector, collecting

TRACES = [f"{number:032x}" for number in (0xA11CE, 0xB0B, 0xC0)]
CALLER = f"{0xD00D:016x}"
EMBED = "facesvc.v1.FaceService/Embed"


def traceparent(trace: str) -> str:
    """Return the header of a caller who samples."""
    return f"00-{trace}-{CALLER}-01"


def wait_for_traces(collector: Collector) -> None:
    """Return when a call of every trace has come."""
    deadline = time.monotonic() + 20
    wanted = {(trace, CALLER) for trace in TRACES}
    while not wanted <= {(s.trace_id.hex(), s.parent_span_id.hex()) for s in collector.spans}:
        assert time.monotonic() < deadline, collector.spans
        time.sleep(0.1)


def test_calls_continue_their_callers_traces_with_a_span_a_stage(tmp_path: Path) -> None:
    """Over REST through Envoy, over gRPC and by a stream; metrics come, too; probes have no spans,
    and nothing that a caller sent is in any of them.
    """
    photo = PHOTO.read_bytes()
    with collecting() as collector:
        settings = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "OTEL_METRIC_EXPORT_INTERVAL": "500",
        }
        with running(tmp_path, **settings) as stack:
            headers = {"content-type": "image/jpeg", "traceparent": traceparent(TRACES[0])}
            assert stack.rest.call("POST", "/embed", photo, headers).status == 200
            with grpc.insecure_channel(stack.grpc_target) as channel:
                faces = FaceServiceStub(channel)
                request = pb.EmbedRequest(image=photo)
                faces.Embed(request, metadata=(("traceparent", traceparent(TRACES[1])),))
                item = pb.StreamEmbedRequest(item_id="secret-item", image=photo)
                metadata = (("traceparent", traceparent(TRACES[2])),)
                list(faces.StreamEmbed(iter([item]), metadata=metadata))
                refused = faces.Embed.future(pb.EmbedRequest(image=b"no photo"))
                assert refused.code() is grpc.StatusCode.INVALID_ARGUMENT
            wait_for_traces(collector)
        calls = {span.trace_id.hex(): span for span in collector.spans if span.kind == 2}
        for trace, name in zip(TRACES, (EMBED, EMBED, EMBED.replace("/", "/Stream")), strict=True):
            assert calls[trace].name == name
            stages = {"decode", "wait", "detect", "quality", "embed"}
            assert stages <= collector.children_of(calls[trace])
        assert {span.name for span in calls.values()} <= {
            EMBED, EMBED.replace("/", "/Stream"), "facesvc.v1.FaceService/GetHealth"
        }  # fmt: skip
        assert collector.services == {"facesvc"}
        assert {
            "rpc.server.call.duration",
            "facesvc.stage.duration",
            "facesvc.refusals",
            "facesvc.waiting",
            "facesvc.gallery_users",
        } <= set(collector.metrics)
        told = str(collector.spans) + str(collector.metrics)
        assert "secret-item" not in told


def test_collector_that_is_away_costs_no_call(tmp_path: Path) -> None:
    """Nor the end: what cannot be sent is dropped."""
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    with running(tmp_path, **settings) as stack:
        answer = stack.rest.call(
            "POST", "/embed", PHOTO.read_bytes(), {"content-type": "image/jpeg"}
        )
        assert answer.status == 200
        began = time.monotonic()
        assert stack.stop() == 0
        seconds = time.monotonic() - began
        record("telemetry", f"calls without a collector: 0 failed, the end took {seconds:.1f} s")
        assert seconds < 8
