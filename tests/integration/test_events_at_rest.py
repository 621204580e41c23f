"""What of the events lies in files and servers: sealed, renewed with a new key, erased, aged."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from facesvc.domain.deliveries import DeadLetter
from facesvc.domain.event_cursor import OLDEST, Cursor, CursorExpiredError
from facesvc.domain.events import Event, EventKind, Retention
from facesvc.domain.gallery_errors import SealError
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.redis.store import RedisStore
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite.store import SqliteStore
from harness.redis_servers import RedisServer, engine
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, opened

KEEP = Retention(seconds=86_400, count=1000)
OLD, NEW = os.urandom(32), os.urandom(32)
SECRET = "who-nobody-may-know"  # a user's id
GONE = "who-is-deleted-again"

# Opens a gallery with these keys, tells every byte that is kept of its events, and keeps what there
# is now to bring it back later.
Kept = tuple[
    Callable[[KeyRing | None], IndexedGallery],
    Callable[[], bytes],
    Callable[[], Callable[[], None]],
]


@pytest.fixture
def in_file(tmp_path: Path) -> Kept:
    """A gallery in a file."""
    path = tmp_path / "gallery.sqlite3"

    def files() -> bytes:
        return b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())

    def open_it(ring: KeyRing | None) -> IndexedGallery:
        return opened(SqliteStore(path, recognizer=DIGEST, ring=ring, events=KEEP))

    def keep() -> Callable[[], None]:
        data = path.read_bytes()

        def bring_back() -> None:
            for file in tmp_path.glob("gallery.sqlite3*"):
                file.unlink()
            path.write_bytes(data)

        return bring_back

    return open_it, files, keep


@pytest.fixture
def in_server(tmp_path: Path) -> Iterator[Kept]:
    """A gallery in Valkey, whose other keys name users as they did before."""
    server = RedisServer(engine("valkey"), tmp_path / "valkey").start()

    def dumped() -> bytes:
        client = server.client()
        names = [name for name in client.scan_iter() if b"events" in name]
        return b"".join(client.dump(name) or b"" for name in names)

    def open_it(ring: KeyRing | None) -> IndexedGallery:
        return opened(RedisStore(server.patient_url, DIGEST, ring=ring, events=KEEP))

    def keep() -> Callable[[], None]:
        client = server.client()
        data = {name: client.dump(name) for name in client.scan_iter()}

        def bring_back() -> None:
            client.flushall()
            for name, value in data.items():
                client.restore(name, 0, value)

        return bring_back

    yield open_it, dumped, keep
    server.stop()


@pytest.fixture(params=["in_file", "in_server"])
def kept(request: pytest.FixtureRequest) -> Kept:
    """Either."""
    found: Kept = request.getfixturevalue(request.param)
    return found


def fill(gallery: IndexedGallery, user: str) -> None:
    """Have an event, a decision and a dead letter about a user."""
    gallery.enroll(face(user, 1), CALL)
    log = gallery.events
    assert log is not None
    decided = Event(EventKind.CHECKIN_DECIDED, "staff", user, {"decision": "MATCH"})
    log.append([decided], CALL, wait=True)
    log.deliveries.bury(DeadLetter("hr", decided, 3, "status 500", decided.time))


def told(gallery: IndexedGallery) -> list[str]:
    """Return whom the events and the dead letters are about."""
    log = gallery.events
    assert log is not None
    events = log.read(OLDEST, "", 100, CALL).events
    letters = log.deliveries.letters("", 100, "").letters
    return [event.user_id for event in (*events, *(letter.event for letter in letters))]


def test_sealed_events_name_nobody_to_who_lacks_the_key(kept: Kept) -> None:
    """A plain log does, which shows that the test would see it."""
    open_it, every_byte, _ = kept
    gallery = open_it(KeyRing([OLD]))
    fill(gallery, SECRET)
    assert told(gallery) == [SECRET] * 3
    gallery.close()
    assert SECRET.encode() not in every_byte()


def test_plain_events_are_readable_bytes(kept: Kept) -> None:
    """Without a key."""
    open_it, every_byte, _ = kept
    gallery = open_it(None)
    fill(gallery, SECRET)
    gallery.close()
    assert SECRET.encode() in every_byte()


def test_a_new_key_seals_the_log_anew(kept: Kept) -> None:
    """Then the old one can go."""
    open_it, _, _ = kept
    gallery = open_it(KeyRing([OLD]))
    fill(gallery, SECRET)
    gallery.close()
    both = open_it(KeyRing([NEW, OLD]))
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        time.sleep(0.2)
        both.close()
        try:
            renewed = open_it(KeyRing([NEW]))
        except SealError:
            both = open_it(KeyRing([NEW, OLD]))
            continue
        try:
            assert told(renewed) == [SECRET] * 3
        except SealError:
            renewed.close()
            both = open_it(KeyRing([NEW, OLD]))
            continue
        renewed.close()
        return
    pytest.fail("the log still needs the old key")


def test_erased_users_are_in_no_byte_of_the_log(kept: Kept) -> None:
    """After EraseDeleted; until then they are, for as long as events are kept."""
    open_it, every_byte, _ = kept
    gallery = open_it(None)
    fill(gallery, GONE)
    fill(gallery, SECRET)
    gallery.delete("staff", GONE, CALL)
    assert GONE.encode() in every_byte()
    gallery.purge(CALL)
    left = every_byte()
    assert GONE.encode() not in left
    assert told(gallery)[0] == SECRET
    gallery.close()
    assert GONE.encode() not in every_byte()


def test_events_go_with_age_from_the_file(tmp_path: Path) -> None:
    """A reader who was behind hears of it, and new rows take the room of old ones."""
    brief = Retention(seconds=0.5, count=1000)
    path = tmp_path / "gallery.sqlite3"
    gallery = opened(SqliteStore(path, recognizer=DIGEST, events=brief))
    fill(gallery, SECRET)
    gallery.close()
    time.sleep(0.6)
    again = opened(SqliteStore(path, recognizer=DIGEST, events=brief))
    ends = time.monotonic() + 10
    log = again.events
    assert log is not None
    while log.read(OLDEST, "", 10, CALL).events and time.monotonic() < ends:
        time.sleep(0.05)
    assert log.read(OLDEST, "", 10, CALL).events == []
    again.enroll(face(SECRET, 2), CALL)
    assert len(log.read(OLDEST, "", 10, CALL).events) == 1
    again.close()


def test_events_go_with_age_from_the_server(tmp_path: Path) -> None:
    """Every part of the log."""
    server = RedisServer(engine("valkey"), tmp_path / "valkey").start()
    store = RedisStore(server.patient_url, DIGEST, events=KEEP)
    gallery = opened(store)
    fill(gallery, SECRET)
    assert store.events is not None
    assert store.events.upkeep.trim(time.time()) == 0
    assert store.events.upkeep.trim(time.time() + 2 * KEEP.seconds) == 2
    assert store.events.read(OLDEST, "", 10, CALL).events == []
    gallery.enroll(face(SECRET, 2), CALL)
    assert len(store.events.read(OLDEST, "", 10, CALL).events) == 1
    gallery.close()
    server.stop()


def test_a_log_that_lost_its_end_does_not_go_on_under_a_cursor(kept: Kept) -> None:
    """An older state comes back and grows past the cursor: other events have the numbers that were
    read.
    """
    open_it, _, keep = kept
    gallery = open_it(None)
    gallery.enroll(face("kept", 1), CALL)
    gallery.close()
    bring_back = keep()
    gallery = open_it(None)
    gallery.enroll(face("lost", 2), CALL)
    log = gallery.events
    assert log is not None
    cursor = log.read(OLDEST, "", 10, CALL).cursor
    assert log.read(cursor, "", 10, CALL).events == []
    gallery.close()
    bring_back()
    again = open_it(None)
    for number in range(3):
        again.enroll(face(f"later-{number}", number), CALL)
    log = again.events
    assert log is not None
    with pytest.raises(CursorExpiredError) as caught:
        log.read(cursor, "", 10, CALL)
    resumed = Cursor.decode(caught.value.metadata["resume_cursor"])
    told_again = [event.user_id for event in log.read(resumed, "", 10, CALL).events]
    assert told_again == ["kept", "later-0", "later-1", "later-2"]
    again.close()
