"""What becomes of calls before a thread works on them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from facesvc.application.call import Call
from facesvc.transport.authentication.api_keys import ApiKeys, make_api_key
from facesvc.v1 import face_service_pb2 as pb
from tests.contract.conftest import CALLS_OF_ONE, InProcess, as_peer, serving
from tests.contract.expect import failure
from tests.faults.half_sent import HalfSent

EMBED = "/facesvc.v1.FaceService/Embed"
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED


def half_sent(service: InProcess, calls: int) -> HalfSent:
    """Return a connection with so many calls that miss the end of their message."""
    client = HalfSent(service.server.port, EMBED, claim_bytes=1000, body_bytes=500)
    client.open(calls)
    return client


def threads_of(name: str) -> int:
    """Return how many threads of the pool there are."""
    return sum(thread.name.startswith(name) for thread in threading.enumerate())


def wait_until_held(client: HalfSent, calls: int) -> None:
    """Wait until the server has ended all calls but so many."""
    deadline = time.monotonic() + 10
    while client.held > calls:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_call_without_its_message_holds_no_thread(service: InProcess) -> None:
    """Thirty calls that send half of it, eight threads: others are answered at once."""
    before = threads_of("rpc")
    with half_sent(service, 30) as client:
        time.sleep(0.1)
        assert client.held == 30
        assert threads_of("rpc") == before
        assert service.faces.Embed(pb.EmbedRequest(image=b"anna"), timeout=5).faces_detected == 1
        health = health_pb2_grpc.HealthStub(service.channel)
        assert health.Check(health_pb2.HealthCheckRequest(), timeout=1).status == 1


def test_message_has_a_time_to_arrive(service: InProcess) -> None:
    """One second here; then the call ends, and what it held is free."""
    with half_sent(service, 5) as client:
        time.sleep(0.5)
        assert client.held == 5
        wait_until_held(client, 0)
        assert not client.closed


def test_longest_line_gives_way_to_newcomers(service: InProcess) -> None:
    """Beyond 32 calls on their way the oldest of the largest connection end, nobody else's."""
    with half_sent(service, 3) as modest, half_sent(service, 40) as greedy:
        wait_until_held(greedy, 29)
        assert (modest.held, greedy.held) == (3, 29)


def test_connection_has_a_bounded_number_of_streams(service: InProcess) -> None:
    """A server that leaves it to the client would keep thousands in memory."""
    with half_sent(service, 40) as client:
        wait_until_held(client, 32)
        assert client.most_streams == 1000


@pytest.mark.parametrize(("bytes_", "reason"), [(70_000, "IMAGE_TOO_LARGE"), (900, "NO_FACE")])
def test_message_beyond_its_calls_limit_is_too_large(
    service: InProcess, bytes_: int, reason: str
) -> None:
    """Whatever the largest call of all may send."""
    image = b"nobody".ljust(bytes_)
    assert failure(lambda: service.faces.Embed(pb.EmbedRequest(image=image))).reason == reason


def test_refusals_say_when_to_come_back(
    service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the details, as gRPC's retry policy reads it, and as HTTP's header for REST."""
    done = threading.Event()

    def fetch_slowly(url: str, call: Call) -> bytes:
        done.wait(10)
        return b"anna"

    monkeypatch.setattr(service.source, "fetch", fetch_slowly)
    request = pb.EmbedRequest(image_url="http://slow/")
    calls = [service.faces.Embed.future(request) for _ in range(CALLS_OF_ONE)]
    time.sleep(0.2)
    refused = service.faces.Embed.future(request)
    assert refused.code() is EXHAUSTED
    trailers = dict(refused.trailing_metadata())
    assert int(trailers["grpc-retry-pushback-ms"]) > 0
    assert int(dict(refused.initial_metadata())["retry-after"]) >= 1
    done.set()
    assert all(call.result(timeout=10).faces_detected == 1 for call in calls)


def test_one_client_leaves_room_for_another(
    service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many calls one makes that do not end."""
    done = threading.Event()

    def fetch_slowly(url: str, call: Call) -> bytes:
        done.wait(10)
        return b"anna"

    monkeypatch.setattr(service.source, "fetch", fetch_slowly)
    request = pb.EmbedRequest(image_url="http://slow/")
    greedy = [
        service.faces.Embed.future(request, metadata=as_peer(f"10.0.0.1:{number}"))
        for number in range(40)
    ]
    time.sleep(0.3)
    other = service.faces.Embed.future(
        pb.EmbedRequest(image=b"anna"), metadata=as_peer("10.0.0.2:1"), timeout=5
    )
    assert other.result().faces_detected == 1
    done.set()
    answered = [call for call in greedy if call.exception(timeout=10) is None]
    assert len(answered) == 6  # three in four of eight


def test_peer_header_without_the_gateways_secret_is_not_believed(
    service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else every caller could be as many as it likes."""
    done = threading.Event()

    def fetch_slowly(url: str, call: Call) -> bytes:
        done.wait(10)
        return b"anna"

    monkeypatch.setattr(service.source, "fetch", fetch_slowly)
    request = pb.EmbedRequest(image_url="http://slow/")
    calls = [
        service.faces.Embed.future(
            request,
            metadata=[("x-facesvc-gateway", "guessed"), ("x-facesvc-peer", f"10.0.0.{number}:1")],
        )
        for number in range(8)
    ]
    time.sleep(0.3)
    assert sum(call.done() for call in calls) == 8 - CALLS_OF_ONE
    done.set()


LIMITS = {
    "rate": "rate = 2.0",
    "max_in_flight": "max_in_flight = 2",
    "max_streams": "max_streams = 1",
}


@pytest.fixture(params=LIMITS)
def limited(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, InProcess, str]]:
    """A limit, a service with a key that has it, and the key."""
    key, entry = make_api_key("limited", ["analyze"], [])
    path = tmp_path / "keys.toml"
    path.write_text(entry + LIMITS[request.param] + "\n")
    with serving(ApiKeys(path)) as service:
        yield request.param, service, key


def test_keys_limits_hold(
    limited: tuple[str, InProcess, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call beyond them is refused and told which; when others have ended it is answered."""
    limit, service, key = limited
    done = threading.Event()
    metadata = [("x-api-key", key)]

    def fetch_slowly(url: str, call: Call) -> bytes:
        done.wait(10)
        return b"anna"

    def requests() -> Iterator[pb.StreamEmbedRequest]:
        done.wait(10)
        yield from ()

    monkeypatch.setattr(service.source, "fetch", fetch_slowly)
    slow, quick = pb.EmbedRequest(image_url="http://slow/"), pb.EmbedRequest(image=b"anna")
    streams = [service.faces.StreamEmbed(requests(), metadata=metadata)]
    calls = [] if limit == "max_streams" else [service.faces.Embed.future(slow, metadata=metadata)]
    time.sleep(0.2)
    refused = failure(
        lambda: (
            list(service.faces.StreamEmbed(requests(), metadata=metadata, timeout=5))
            if limit == "max_streams"
            else service.faces.Embed(quick, metadata=metadata, timeout=5)
        )
    )
    assert (refused.code, refused.reason) == (EXHAUSTED, "OVERLOADED")
    assert refused.metadata["limit"] == limit
    assert refused.retry_s
    done.set()
    assert [list(stream) for stream in streams] == [[]]
    assert all(call.result(timeout=10) for call in calls)
    time.sleep(0.6)  # for the rate; the others' calls have ended before
    assert service.faces.Embed(quick, metadata=metadata, timeout=5).faces_detected == 1


def test_expired_key_is_none(tmp_path: Path) -> None:
    """From its time on, without anybody touching the file."""
    key, entry = make_api_key("short", ["analyze"], [])
    path = tmp_path / "keys.toml"
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    path.write_text(f"{entry}expires = {soon}\n")
    request, metadata = pb.EmbedRequest(image=b"anna"), [("x-api-key", key)]
    with serving(ApiKeys(path)) as service:
        assert service.faces.Embed(request, metadata=metadata).faces_detected == 1
        time.sleep(2.1)
        said = failure(lambda: service.faces.Embed(request, metadata=metadata))
        assert (said.code, said.reason) == (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED")
        assert "expired" in said.message


def test_watch_ends_when_the_server_shuts_down(service: InProcess) -> None:
    """Else every watcher holds up the shutdown for all of its grace."""
    watch = health_pb2_grpc.HealthStub(service.channel).Watch(health_pb2.HealthCheckRequest())
    assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
    began = time.monotonic()
    service.server.drain(10.0)
    assert time.monotonic() - began < 3
    assert [answer.status for answer in watch] == [health_pb2.HealthCheckResponse.NOT_SERVING]


def test_lame_duck_serves_while_it_says_that_it_does_not(
    service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then new calls are UNAVAILABLE, marked as untouched, and those in flight finish."""
    done = threading.Event()

    def fetch_slowly(url: str, call: Call) -> bytes:
        done.wait(10)
        return b"anna"

    monkeypatch.setattr(service.source, "fetch", fetch_slowly)
    quick = pb.EmbedRequest(image=b"anna")
    in_flight = service.faces.Embed.future(pb.EmbedRequest(image_url="http://slow/"))
    time.sleep(0.1)
    drain = threading.Thread(target=service.server.drain, args=(10.0, 1.0))
    drain.start()
    time.sleep(0.3)
    health = health_pb2_grpc.HealthStub(service.channel)
    answer = health.Check(health_pb2.HealthCheckRequest(), timeout=1)
    assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING
    assert service.faces.Embed(quick, timeout=5).faces_detected == 1
    time.sleep(1.0)
    refused = service.faces.Embed.future(quick, timeout=5)
    assert refused.code() is grpc.StatusCode.UNAVAILABLE
    assert dict(refused.initial_metadata())["x-facesvc-untouched"] == "1"
    done.set()
    assert in_flight.result(timeout=5).faces_detected == 1
    drain.join(5)
