"""The metrics of the real service after real calls."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Callable, Iterator

import grpc
import pytest
from prometheus_client.parser import text_string_to_metric_families

from facesvc.bootstrap.startup import StartupError
from facesvc.v1 import face_service_pb2 as face
from facesvc.v1 import gallery_service_pb2 as gallery
from harness.ports import free_port
from tests.integration.conftest import live_service

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(port: int) -> Samples:
    """Return every sample of the endpoint, as Prometheus' own parser reads it."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    """Return one sample, 0 where there is none."""
    return samples.get((name, frozenset(labels.items())), 0.0)


def test_calls_stages_refusals_and_sizes_are_counted(photo: Callable[[str], bytes]) -> None:
    """An enrolment, a search, a failing call and a failing item of a stream, each once."""
    port = free_port()
    with live_service(metrics_port=port) as live:
        good, bad = photo("barack_obama/1.jpg"), b"no photo"
        live.gallery.Enroll(gallery.EnrollRequest(user_id="u1", image=good))
        live.gallery.Search(gallery.SearchRequest(image=good))
        with pytest.raises(grpc.RpcError):
            live.faces.Embed(face.EmbedRequest(image=bad))
        list(live.faces.StreamEmbed(iter([face.StreamEmbedRequest(item_id="1", image=bad)])))
        samples = read(port)
    count = "facesvc_call_seconds_count"
    assert value(samples, count, method="Enroll", code="OK") == 1
    assert value(samples, count, method="Embed", code="INVALID_ARGUMENT") == 1
    assert value(samples, count, method="StreamEmbed", code="OK") == 1
    assert value(samples, "facesvc_refusals_total", reason="IMAGE_UNSUPPORTED") == 2
    stages = {stage: value(samples, "facesvc_stage_seconds_count", stage=stage) for stage in STAGES}
    assert all(stages.values()), stages
    assert stages["embed"] == 2
    assert value(samples, "facesvc_gallery_users") == 1
    assert value(samples, "facesvc_calls_in_progress", method="Embed") == 0
    assert value(samples, "process_resident_memory_bytes") > 50e6
    assert any(name == "facesvc_model_info" for name, _ in samples)


STAGES = ("wait", "decode", "detect", "quality", "embed", "search", "write")


def test_calls_in_progress_are_seen_while_they_wait(photo: Callable[[str], bytes]) -> None:
    """An open stream counts until it ends; labels hold nothing that a caller sent."""
    port = free_port()
    seen: list[Samples] = []

    def requests(photo: bytes) -> Iterator[face.StreamEmbedRequest]:
        yield face.StreamEmbedRequest(item_id="secret-item", image=photo)
        seen.append(read(port))

    with live_service(metrics_port=port) as live:
        list(live.faces.StreamEmbed(requests(photo("joe_biden/1.jpg"))))
    assert value(seen[0], "facesvc_calls_in_progress", method="StreamEmbed") == 1
    assert not any("secret-item" in str(labels) for _, labels in seen[0])


def test_chosen_port_that_is_taken_ends_the_start() -> None:
    """The error names the setting."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(StartupError, match=r"METRICS_PORT.*taken"),
            live_service(metrics_port=port),
        ):
            pass
