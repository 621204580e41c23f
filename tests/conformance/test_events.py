"""The events of a gallery: one for each write, in order, and none for anything else."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from facesvc.application.ports.events import EventLog
from facesvc.domain.deliveries import DeadLetter
from facesvc.domain.edit_errors import LastSampleError
from facesvc.domain.errors import UserNotFoundError, VersionConflictError
from facesvc.domain.event_cursor import OLDEST, Cursor, CursorExpiredError
from facesvc.domain.events import Event, EventKind, Retention
from facesvc.domain.gallery import EnrollMode
from facesvc.domain.gallery_edits import SampleDeletion, SampleMove, UserMerge, UserUpdate
from tests.conformance.capabilities import Capability, needs
from tests.conformance.conftest import Opener
from tests.conformance.implementations import OpenGallery
from tests.conformance.write_rules import ADA, BOB
from tests.unit.gallery.gallery_fixtures import CALL, face

KEEP = Retention(seconds=86_400, count=1000)
FEW = Retention(seconds=86_400, count=100)


def log_of(gallery: OpenGallery) -> EventLog:
    """Return the log of a gallery that has one."""
    log = gallery.events
    assert log is not None
    return log


def events_of(
    gallery: OpenGallery, collection: str = "", cursor: Cursor = OLDEST, most: int = 64
) -> tuple[list[Event], Cursor]:
    """Return every event behind the cursor, and where it ends."""
    found: list[Event] = []
    while True:
        page = log_of(gallery).read(cursor, collection, most, CALL)
        found += page.events
        cursor = page.cursor
        if not page.more:
            return found, cursor


def told(events: Sequence[Event]) -> list[tuple[str, str]]:
    """Return what happened to whom."""
    return [(event.kind, event.user_id) for event in events]


@needs(Capability.EVENTS)
def test_each_write_has_one_event_and_nothing_else_has(open_own: Opener, collection: str) -> None:
    """Neither what was refused, nor what was sent again with its request_id."""
    gallery = open_own(events=KEEP)
    first = gallery.enroll(face(ADA, 1, collection=collection, request_id="once"), CALL)
    assert gallery.enroll(face(ADA, 1, collection=collection, request_id="once"), CALL) == first
    with pytest.raises(VersionConflictError):
        gallery.enroll(face(ADA, 2, collection=collection, expected_version=77), CALL)
    second = gallery.enroll(face(ADA, 2, collection=collection, mode=EnrollMode.ADD), CALL)
    gallery.delete(collection, ADA, CALL)
    with pytest.raises(UserNotFoundError):
        gallery.delete(collection, ADA, CALL)
    events, _ = events_of(gallery)
    assert told(events) == [
        (EventKind.USER_ENROLLED, ADA),
        (EventKind.USER_ENROLLED, ADA),
        (EventKind.USER_DELETED, ADA),
    ]
    assert {event.collection for event in events} == {collection}
    assert [event.data["version"] for event in events] == [1, 2, 3]
    assert dict(events[0].data) == {"version": 1, "sample_id": first.sample_id, "samples": 1}
    assert dict(events[1].data) == {"version": 2, "sample_id": second.sample_id, "samples": 2}
    assert len({event.event_id for event in events}) == 3


@needs(Capability.EVENTS)
def test_each_edit_has_one_event(open_own: Opener, collection: str) -> None:
    """Which says whose samples went where; none has one that was refused or sent again."""
    gallery = open_own(events=KEEP)
    first = gallery.enroll(face(ADA, 1, collection=collection), CALL)
    second = gallery.enroll(face(ADA, 2, collection=collection, mode=EnrollMode.ADD), CALL)
    gallery.enroll(face(BOB, 3, collection=collection), CALL)
    _, cursor = events_of(gallery)
    update = UserUpdate(collection, ADA, name="Ada", request_id="once")
    updated = gallery.edit(update, CALL)
    assert gallery.edit(update, CALL) == updated
    moved = gallery.edit(SampleMove(collection, ADA, first.sample_id, BOB), CALL)
    with pytest.raises(LastSampleError):
        gallery.edit(SampleDeletion(collection, ADA, second.sample_id), CALL)
    merged = gallery.edit(UserMerge(collection, ADA, BOB), CALL)
    unsampled = gallery.edit(SampleDeletion(collection, ADA, second.sample_id), CALL)
    versions = [one.version for one in (updated, moved, merged, unsampled)]
    assert versions == list(range(versions[0], versions[0] + 4))
    events, _ = events_of(gallery, "", cursor)
    assert told(events) == [
        (EventKind.USER_UPDATED, ADA),
        (EventKind.SAMPLE_MOVED, BOB),
        (EventKind.USER_MERGED, ADA),
        (EventKind.SAMPLE_DELETED, ADA),
    ]
    assert [dict(event.data) for event in events] == [
        {"version": versions[0], "samples": 2},
        {"version": versions[1], "samples": 2, "sample_id": first.sample_id, "from_user_id": ADA},
        {"version": versions[2], "samples": 3, "from_user_ids": [BOB]},
        {"version": versions[3], "samples": 2, "sample_id": second.sample_id},
    ]


@needs(Capability.EVENTS)
def test_a_deleted_collection_is_told(open_own: Opener, collection: str) -> None:
    """By every server that had a part of it with the same id, and after its users' events."""
    gallery = open_own(events=KEEP)
    gallery.enroll_many([face(user, 1, collection=collection) for user in (ADA, BOB)], CALL)
    gallery.delete_collection(collection, CALL)
    events, _ = events_of(gallery, collection)
    gone = [event for event in events if event.kind == EventKind.COLLECTION_DELETED]
    assert len({event.event_id for event in gone}) == 1
    assert sorted(told(events[: -len(gone)])) == [
        (EventKind.USER_ENROLLED, ADA),
        (EventKind.USER_ENROLLED, BOB),
    ]


@needs(Capability.EVENTS)
def test_a_reader_goes_on_where_it_stopped(open_own: Opener, collection: str) -> None:
    """With pages of any size and the cursor as text: each event once, a user's in their order."""
    gallery = open_own(events=KEEP)
    people = [face(f"u{n % 5}", n, collection=collection) for n in range(40)]
    gallery.enroll_many(people, CALL)
    found: list[Event] = []
    cursor = OLDEST
    for size in (1, 2, 3, 5, 8, 13, 64, 64):
        page = log_of(gallery).read(Cursor.decode(cursor.encode()), "", size, CALL)
        found, cursor = [*found, *page.events], page.cursor
    gallery.enroll(face(ADA, 99, collection=collection), CALL)
    rest, _ = events_of(gallery, "", cursor)
    assert told(rest) == [(EventKind.USER_ENROLLED, ADA)]
    for user in {one.user_id for one in people}:
        versions = [event.data["version"] for event in found if event.user_id == user]
        assert len(versions) == 8
        assert versions == sorted(versions)
    assert len({event.event_id for event in found}) == 40


@needs(Capability.EVENTS)
def test_events_of_one_collection_are_told_alone(open_own: Opener, collection: str) -> None:
    """And a reader who begins with the newest is told what comes then."""
    gallery = open_own(events=KEEP)
    other = f"{collection}-b"
    gallery.enroll(face(ADA, 1, collection=collection), CALL)
    gallery.enroll(face(BOB, 2, collection=other), CALL)
    assert told(events_of(gallery, other)[0]) == [(EventKind.USER_ENROLLED, BOB)]
    newest = log_of(gallery).newest("", CALL)
    gallery.delete(other, BOB, CALL)
    gallery.enroll(face(ADA, 1, collection=f"{collection}-new"), CALL)
    assert sorted(told(events_of(gallery, "", newest)[0])) == [
        (EventKind.USER_DELETED, BOB),
        (EventKind.USER_ENROLLED, ADA),
    ]


@needs(Capability.EVENTS)
def test_an_old_cursor_says_where_to_go_on(open_own: Opener, collection: str) -> None:
    """The log keeps so many events; a reader who was away for longer hears of it."""
    gallery = open_own(events=FEW)
    gallery.enroll(face(ADA, 0, collection=collection), CALL)
    _, cursor = events_of(gallery)
    writes = [face(ADA, n, collection=collection) for n in range(2 * FEW.count)]
    gallery.enroll_many(writes, CALL)
    _trim(gallery)
    with pytest.raises(CursorExpiredError) as caught:
        log_of(gallery).read(cursor, "", 10, CALL)
    resumed = Cursor.decode(caught.value.metadata["resume_cursor"])
    events, _ = events_of(gallery, "", resumed)
    assert FEW.count <= len(events) <= FEW.count * 1.05 + 1
    assert events[-1].data["version"] == 1 + len(writes)
    versions = [event.data["version"] for event in events]
    assert versions == list(range(versions[0], versions[-1] + 1))


@needs(Capability.EVENTS, Capability.DURABLE)
def test_events_and_cursors_outlive_the_process(open_own: Opener, collection: str) -> None:
    """What was read before is not told again, what was not is."""
    gallery = open_own(events=KEEP)
    gallery.enroll(face(ADA, 1, collection=collection), CALL)
    _, cursor = events_of(gallery)
    gallery.enroll(face(BOB, 2, collection=collection), CALL)
    gallery.close()
    again = open_own(events=KEEP)
    assert told(events_of(again, "", cursor)[0]) == [(EventKind.USER_ENROLLED, BOB)]
    assert len(events_of(again)[0]) == 2


@needs(Capability.EVENTS, Capability.DURABLE)
def test_a_log_that_lacks_writes_does_not_look_whole(open_own: Opener, collection: str) -> None:
    """Writes without events in between: the earlier cursor is refused, not continued."""
    gallery = open_own(events=KEEP)
    gallery.enroll(face(ADA, 1, collection=collection), CALL)
    _, cursor = events_of(gallery)
    gallery.close()
    silent = open_own()
    assert silent.events is None
    silent.enroll(face(ADA, 2, collection=collection), CALL)
    silent.close()
    again = open_own(events=KEEP)
    assert again.enroll(face(ADA, 3, collection=collection), CALL).version == 3
    with pytest.raises(CursorExpiredError):
        log_of(again).read(cursor, "", 10, CALL)


@needs(Capability.EVENTS, Capability.SHARED)
def test_events_of_every_process_are_told_by_each(open_own: Opener, collection: str) -> None:
    """A cursor of one is good at another."""
    first, second = open_own(events=KEEP), open_own(events=KEEP)
    first.enroll(face(ADA, 1, collection=collection), CALL)
    events, cursor = events_of(second)
    assert told(events) == [(EventKind.USER_ENROLLED, ADA)]
    second.enroll(face(BOB, 2, collection=collection), CALL)
    assert told(events_of(first, "", cursor)[0]) == [(EventKind.USER_ENROLLED, BOB)]


@needs(Capability.EVENTS)
def test_erasure_takes_out_who_is_gone_and_tells_of_it(open_own: Opener, collection: str) -> None:
    """Events about those who are enrolled stay."""
    gallery = open_own(events=KEEP)
    for user, seed in ((ADA, 1), (BOB, 2)):
        gallery.enroll(face(user, seed, collection=collection), CALL)
    decided = [
        Event(EventKind.CHECKIN_DECIDED, collection, BOB, {"decision": "MATCH"}),
        Event(EventKind.CHECKIN_DECIDED, collection, "", {"claimed_user_id": ADA}),
    ]
    log_of(gallery).append(decided, CALL, wait=True)
    gallery.delete(collection, ADA, CALL)
    _, cursor = events_of(gallery)
    gallery.purge(CALL)
    events, _ = events_of(gallery)
    assert sorted(told(events)) == [
        (EventKind.CHECKIN_DECIDED, BOB),
        (EventKind.EVENTS_ERASED, ""),
        (EventKind.USER_ENROLLED, BOB),
    ]
    later, _ = events_of(gallery, "", cursor)
    assert [dict(event.data) for event in later] == [{"events": 3}]


@needs(Capability.EVENTS)
def test_what_is_no_write_is_kept_in_order(open_own: Opener, collection: str) -> None:
    """Whether the caller waits for it or not."""
    gallery = open_own(events=KEEP)
    log = log_of(gallery)
    for number in range(20):
        event = Event(EventKind.CHECKIN_DECIDED, collection, ADA, {"decision": str(number)})
        log.append([event], CALL, wait=False)
    ends = time.monotonic() + 5
    events: list[Event] = []
    while len(events) < 20 and time.monotonic() < ends:
        events, _ = events_of(gallery, collection)
    assert [event.data["decision"] for event in events] == [str(n) for n in range(20)]
    last = Event(EventKind.DOCTOR_FINDING, collection, BOB, {"finding": "look_alike"})
    log.append([last], CALL, wait=True)
    assert events_of(gallery, collection)[0][-1] == last


def _trim(gallery: OpenGallery) -> None:
    """Wait until a log that is trimmed in the background was."""
    ends = time.monotonic() + 5
    while len(events_of(gallery)[0]) > 2 * FEW.count and time.monotonic() < ends:
        time.sleep(0.05)


def letter(collection: str, endpoint: str, user: str = ADA, age_s: float = 0.0) -> DeadLetter:
    """Return an event that an endpoint did not take."""
    event = Event(EventKind.USER_ENROLLED, collection, user, {"version": 1})
    failed = datetime.now(UTC) - timedelta(seconds=age_s)
    return DeadLetter(endpoint, event, 10, "status 500", failed)


@needs(Capability.EVENTS)
def test_dead_letters_are_kept_listed_and_marked_to_be_sent(
    open_own: Opener, collection: str
) -> None:
    """By endpoint and page; a letter that was taken is gone, one that failed again stays itself."""
    gallery = open_own(events=KEEP)
    book = log_of(gallery).deliveries
    for endpoint in ("hr", "door", "hr"):
        book.bury(letter(collection, endpoint))
    assert book.count() == 3
    first = book.letters("", 2, "")
    rest = book.letters("", 2, first.next_page_token)
    assert [one.endpoint for one in first.letters + rest.letters] == ["hr", "door", "hr"]
    assert (first.total, rest.next_page_token) == (3, "")
    ours = book.letters("hr", 10, "").letters
    assert book.due("hr", 10) == []
    assert book.replay("hr", [ours[1].letter_id]) == 1
    assert book.replay("hr", []) == 1
    assert [one.letter_id for one in book.due("hr", 10)] == [one.letter_id for one in ours]
    assert book.due("door", 10) == []
    book.remove(ours[0].letter_id)
    again = replace(ours[1], attempts=20, replays=False)
    book.bury(again)
    assert book.letters("hr", 10, "").letters == [again]
    assert book.due("hr", 10) == []
    book.bury(letter(collection, "hr", age_s=100))
    book.forget_before(datetime.now(UTC) - timedelta(seconds=50))
    assert book.count() == 2


@needs(Capability.EVENTS)
def test_dead_letters_about_users_who_are_gone_are_erased(
    open_own: Opener, collection: str
) -> None:
    """With their events; those about others stay."""
    gallery = open_own(events=KEEP)
    gallery.enroll(face(BOB, 1, collection=collection), CALL)
    book = log_of(gallery).deliveries
    for user in (ADA, BOB):
        book.bury(letter(collection, "hr", user))
    gallery.purge(CALL)
    assert [one.event.user_id for one in book.letters("", 10, "").letters] == [BOB]


@needs(Capability.EVENTS, Capability.DURABLE)
def test_where_an_endpoint_stands_outlives_the_process(open_own: Opener, collection: str) -> None:
    """And so do its dead letters, under their ids."""
    gallery = open_own(events=KEEP)
    book = log_of(gallery).deliveries
    assert book.cursor("hr") == ""
    book.save_cursor("hr", "here")
    book.bury(letter(collection, "hr"))
    letters = book.letters("", 10, "").letters
    gallery.close()
    again = log_of(open_own(events=KEEP)).deliveries
    assert again.cursor("hr") == "here"
    assert again.letters("", 10, "").letters == letters


@needs(Capability.EVENTS, Capability.SHARED)
def test_one_process_at_a_time_sends_to_an_endpoint(open_own: Opener) -> None:
    """Until it lets go or is heard of no more."""
    first = log_of(open_own(events=KEEP)).deliveries
    second = log_of(open_own(events=KEEP)).deliveries
    assert first.hold("hr", "one", 30)
    assert first.hold("hr", "one", 30)
    assert not second.hold("hr", "two", 30)
    assert second.hold("door", "two", 0.2)
    second.let_go("hr", "two")
    assert not second.hold("hr", "two", 30)
    first.let_go("hr", "one")
    assert second.hold("hr", "two", 30)
    time.sleep(0.3)
    assert first.hold("door", "one", 30)
