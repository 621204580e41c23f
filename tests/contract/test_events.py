"""ListEvents and StreamEvents over the real server, with a real gallery in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict

from facesvc.bootstrap.servicers import build_servicers
from facesvc.domain.event_cursor import EventPage
from facesvc.domain.events import Event, EventKind, Retention
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.memory import MemoryStore
from facesvc.transport.server import FaceServer, build_server
from facesvc.v1 import event_service_pb2 as pb
from facesvc.v1 import gallery_service_pb2 as gallery_pb
from facesvc.v1.event_service_pb2_grpc import EventServiceStub
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub
from tests.contract.conftest import PACK, RULES, InProcess
from tests.contract.expect import failure
from tests.fakes import FakeEngine, FakeSource, fake_detect_faces
from tests.unit.gallery.gallery_fixtures import CALL, face

KEEP = Retention(seconds=86_400, count=1000)
THREADS = 12  # and half as many streams


@dataclass
class Eventful:
    """A server over a gallery that keeps events."""

    server: FaceServer
    events: EventServiceStub
    gallery: GalleryServiceStub
    stored: IndexedGallery


@contextmanager
def eventful(keep: Retention = KEEP) -> Iterator[Eventful]:
    """Run one."""
    stored = IndexedGallery(MemoryStore(recognizer=PACK.recognizer, events=keep))
    stored.open()
    with ThreadPoolExecutor(2) as workers:
        detect_faces = fake_detect_faces(FakeSource(), workers)
        servicers = build_servicers(detect_faces, FakeEngine(), stored, PACK, workers, RULES)
        server = build_server(
            servicers, address="127.0.0.1:0", threads=THREADS, serve_reflection=False
        )
        server.start()
        with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            yield Eventful(server, EventServiceStub(channel), GalleryServiceStub(channel), stored)
        server.close(1.0)
    stored.close()


@pytest.fixture
def running() -> Iterator[Eventful]:
    """A server for one test."""
    with eventful() as one:
        yield one


def kinds(events: list[pb.Event]) -> list[tuple[str, str]]:
    """Return what happened to whom."""
    return [(event.type, event.subject) for event in events]


def enroll(running: Eventful, user: str, collection: str = "staff") -> None:
    """Enrol a user by a photo."""
    request = gallery_pb.EnrollRequest(user_id=user, collection=collection, image=user.encode())
    request.name = "A Secret Name"
    assert running.gallery.Enroll(request).success


def test_a_write_is_told_as_a_cloud_event_without_names(running: Eventful) -> None:
    """Every attribute that CloudEvents 1.0 requires; ids, and nothing else of the person."""
    enroll(running, "anna")
    (event,) = running.events.ListEvents(pb.ListEventsRequest()).events
    told = MessageToDict(event)
    assert told.pop("id") and told.pop("time").endswith("Z")
    assert told["data"].pop("sample_id")
    assert told == {
        "specversion": "1.0",
        "source": "/facesvc/collections/staff",
        "type": "facesvc.user.enrolled",
        "subject": "anna",
        "datacontenttype": "application/json",
        "data": {"collection": "staff", "user_id": "anna", "version": 1.0, "samples": 1.0},
    }
    assert "Secret" not in str(event)


def test_pages_go_on_by_their_cursor_and_filter(running: Eventful) -> None:
    """By collection, also by an alias of it, and by kind."""
    for user in ("anna", "bert", "carl"):
        enroll(running, user)
    enroll(running, "zoe", "guests")
    running.gallery.DeleteEnrollment(
        gallery_pb.DeleteEnrollmentRequest(user_id="bert", collection="staff")
    )
    running.gallery.SetAlias(gallery_pb.SetAliasRequest(alias="team", collection="staff"))
    first = running.events.ListEvents(pb.ListEventsRequest(page_size=2))
    rest = running.events.ListEvents(pb.ListEventsRequest(cursor=first.cursor))
    assert (len(first.events), first.more, len(rest.events), rest.more) == (2, True, 3, False)
    gone = running.events.ListEvents(pb.ListEventsRequest(kinds=["user.deleted"])).events
    assert kinds(gone) == [("facesvc.user.deleted", "bert")]
    team = running.events.ListEvents(pb.ListEventsRequest(collection="team")).events
    assert len(team) == 4
    every = running.events.ListEvents(pb.ListEventsRequest(kinds=["user.*"], collection="guests"))
    assert kinds(every.events) == [("facesvc.user.enrolled", "zoe")]


def test_a_stream_tells_the_backlog_and_then_what_comes(running: Eventful) -> None:
    """Within a second, on a machine that is not busy; the cursor goes on after a break."""
    enroll(running, "anna")
    stream = running.events.StreamEvents(pb.StreamEventsRequest(), timeout=60)
    first = next(stream)
    assert first.event.subject == "anna"

    def told_after_s(user_id: str) -> float:
        began = time.monotonic()
        enroll(running, user_id)
        assert next(stream).event.subject == user_id
        return time.monotonic() - began

    assert any(told_after_s(f"bert{turn}") < 1.0 for turn in range(10))
    stream.cancel()
    enroll(running, "carl")
    request = pb.StreamEventsRequest(cursor=first.cursor, no_wait=True)
    told = [one.event.subject for one in running.events.StreamEvents(request, timeout=20)]
    assert told[0] == "bert0"
    assert told[-2:] == ["carl", ""]  # the last has the cursor alone


def test_only_new_leaves_out_what_was_before(running: Eventful) -> None:
    """Of a page, too, which then gives the cursor to begin with."""
    enroll(running, "anna")
    page = running.events.ListEvents(pb.ListEventsRequest(only_new=True))
    assert not page.events
    enroll(running, "bert")
    page = running.events.ListEvents(pb.ListEventsRequest(cursor=page.cursor))
    assert kinds(page.events) == [("facesvc.user.enrolled", "bert")]


def test_a_decision_of_check_in_is_told(running: Eventful) -> None:
    """What was decided and about whom; nothing of a photo that could not be judged."""
    enroll(running, "anna")
    check = gallery_pb.CheckInRequest(collection="staff", image=b"anna")
    assert running.gallery.CheckIn(check).decision == gallery_pb.CheckInResponse.MATCH
    mask = gallery_pb.CheckInRequest(collection="staff", user_id="anna", image=b"mask")
    running.gallery.CheckIn(mask)
    failure(lambda: running.gallery.CheckIn(gallery_pb.CheckInRequest(image=b"nobody")))
    request = pb.StreamEventsRequest(kinds=["checkin.decided"])
    stream = running.events.StreamEvents(request, timeout=20)
    matched, refused = next(stream).event, next(stream).event
    stream.cancel()
    assert matched.subject == "anna"
    assert matched.data["decision"] == "MATCH"
    assert matched.data["similarity"] == pytest.approx(1.0, abs=1e-3)
    assert refused.subject == ""
    assert (refused.data["decision"], refused.data["claimed_user_id"]) == ("NOT_LIVE", "anna")
    assert list(refused.data["reasons"]) == ["NOT_LIVE"]


def test_findings_of_a_check_are_told(running: Eventful) -> None:
    """Each one, before the check ends."""
    running.stored.enroll_many([face("ada", 7), face("ada-again", 7)], CALL)
    list(running.gallery.CheckGallery(gallery_pb.CheckGalleryRequest(collection="staff")))
    request = pb.ListEventsRequest(kinds=["doctor.finding"])
    (event,) = running.events.ListEvents(request).events
    told = MessageToDict(event.data)
    assert told["finding"] == "duplicate_user"
    assert {event.subject, told["other_user_id"]} == {"ada", "ada-again"}


def test_bad_fields_are_named(running: Eventful) -> None:
    """Each by its name, of both calls alike; of a cursor nothing is repeated."""
    for field, value in (
        ("cursor", "not-a-cursor"),
        ("cursor", "eJwDAAAAAAE"),
        ("kinds", ["user.born"]),
        ("kinds", ["*"]),
        ("collection", "No!"),
    ):
        listed = pb.ListEventsRequest(**{field: value})
        failed = failure(lambda request=listed: running.events.ListEvents(request))  # type: ignore[misc]
        assert (failed.reason, failed.fields) == ("INVALID_FIELD", [field])
        streamed = pb.StreamEventsRequest(**{field: value})
        failed = failure(lambda request=streamed: list(running.events.StreamEvents(request)))  # type: ignore[misc]
        assert (failed.reason, failed.fields) == ("INVALID_FIELD", [field])
    failed = failure(lambda: running.events.ListEvents(pb.ListEventsRequest(page_size=1001)))
    assert (failed.reason, failed.fields) == ("INVALID_FIELD", ["page_size"])


def test_an_expired_cursor_says_where_to_go_on() -> None:
    """The metadata has a cursor that is good."""
    with eventful(Retention(seconds=86_400, count=100)) as running:
        enroll(running, "anna")
        early = running.events.ListEvents(pb.ListEventsRequest()).cursor
        running.stored.enroll_many([face("u", n) for n in range(250)], CALL)
        ends = time.monotonic() + 5
        while time.monotonic() < ends:
            try:
                running.events.ListEvents(pb.ListEventsRequest(cursor=early))
            except grpc.RpcError:
                break
        request = pb.ListEventsRequest(cursor=early)
        failed = failure(lambda: running.events.ListEvents(request))
        assert failed.reason == "CURSOR_EXPIRED"
        assert failed.code is grpc.StatusCode.FAILED_PRECONDITION
        resumed = pb.ListEventsRequest(cursor=failed.metadata["resume_cursor"], page_size=1000)
        assert running.events.ListEvents(resumed).events[-1].data["version"] == 251


def test_a_service_without_events_says_so(service: InProcess) -> None:
    """Both calls, before anything else."""
    stub = EventServiceStub(service.channel)
    failed = failure(lambda: stub.ListEvents(pb.ListEventsRequest()))
    assert failed.reason == "EVENTS_OFF"
    failed = failure(lambda: list(stub.StreamEvents(pb.StreamEventsRequest())))
    assert failed.reason == "EVENTS_OFF"


def test_a_drain_ends_the_streams_with_their_cursor(running: Eventful) -> None:
    """As soon as the server wants to end: no deadline is waited for."""
    enroll(running, "anna")
    stream = running.events.StreamEvents(pb.StreamEventsRequest(), timeout=30)
    assert next(stream).event.subject == "anna"
    began = time.monotonic()
    threading.Thread(target=running.server.drain, args=(10.0,)).start()
    last = list(stream)
    assert last[-1].cursor and not last[-1].HasField("event")
    assert stream.code() is grpc.StatusCode.OK
    assert time.monotonic() - began < 5


def test_a_slow_reader_holds_no_events_in_memory() -> None:
    """Of 40 MB of events the server reads those that fit in the connection; the rest when asked."""
    with eventful(Retention(seconds=86_400, count=10_000)) as running:
        reads: list[int] = []
        log = running.stored.events
        assert log is not None
        large = Event(EventKind.CHECKIN_DECIDED, "staff", data={"reasons": ["x" * 8000]})
        for _ in range(10):
            log.append([large] * 500, CALL, wait=True)
        real = log.read

        def read(*args: Any) -> EventPage:
            page = real(*args)
            reads.append(len(page.events))
            return page

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(log, "read", read)
            stream = running.events.StreamEvents(pb.StreamEventsRequest(no_wait=True), timeout=60)
            next(stream)
            time.sleep(1.0)
            held = sum(reads)
            rest = sum(1 for _ in stream)
        assert rest == 5000  # with the last cursor, without the first event
        assert held < 4000, "a reader that does not read is read for"
        assert sum(reads) == 5000
