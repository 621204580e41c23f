"""Who is deleted by a collection's retention, and who never is."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from facesvc.application.call import Call
from facesvc.application.retention import TASK, RetentionSweep
from facesvc.application.sightings import Sightings
from facesvc.audit.trail import FileTrail, user_hash
from facesvc.bootstrap.retention import RetentionThread, audited
from facesvc.domain.collection_settings import CollectionSettings, SettingsChange
from facesvc.domain.errors import CallEndedError, FaceError, StoreUnavailableError
from facesvc.domain.gallery import Deletion, Match, WriteReceipt
from facesvc.domain.retention import GRAIN, SLACK
from tests.fake_gallery import FIRST_WRITE_AT, FakeGallery
from tests.unit.gallery.gallery_fixtures import CALL, face

DAYS = 30
MINUTE = timedelta(minutes=1)


class World:
    """A gallery with a clock, and what is heard of deletions."""

    def __init__(self, gallery: FakeGallery) -> None:
        self.gallery = gallery
        self.now = FIRST_WRITE_AT
        self.told: list[tuple[str, str]] = []
        self.sightings = Sightings(gallery, lambda: self.now)
        self.sweep = self.replica("one")

    def replica(self, holder: str) -> RetentionSweep:
        """Return the sweep of a replica."""
        return RetentionSweep(
            self.gallery, self.sightings, self._on_deleted, lambda: self.now, holder
        )

    def enrol(self, *people: str, collection: str = "staff") -> None:
        """Enrol people, at the fake's own time: about FIRST_WRITE_AT."""
        for number, person in enumerate(people):
            self.gallery.enroll(face(person, number, collection=collection), CALL)

    def keep(self, days: int | None, collection: str = "staff") -> None:
        """Set the retention, as if at the world's time."""
        change = SettingsChange(CollectionSettings(retention_days=days), ("retention_days",))
        kept = self.gallery.settings(collection).changed(change.to, change.names, self.now)
        assert self.gallery.put_settings(collection, kept, CALL)

    def see(self, *people: str, similarity: float = 0.9, collection: str = "staff") -> None:
        """Note sightings."""
        matches = [Match(person, similarity, "") for person in people]
        self.sightings.note(collection, matches, lambda: 0.45)

    def people(self, collection: str = "staff") -> list[str]:
        """Return who is enrolled."""
        page = self.gallery.list_users(collection, 1000, "", CALL)
        return [user.user_id for user in page.users]

    def wait(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    def _on_deleted(self, collection: str, user_id: str, receipt: WriteReceipt) -> None:
        assert receipt.removed >= 1
        self.told.append((collection, user_id))


@pytest.fixture
def world() -> World:
    """Nobody is enrolled; the retention is 30 days."""
    made = World(FakeGallery())
    made.keep(DAYS)
    return made


def test_who_was_not_seen_is_deleted_after_the_days_and_not_before(world: World) -> None:
    """With the slack; the receipt is told."""
    world.enrol("ada")
    world.wait(days=DAYS)
    assert world.sweep(CALL) == 0
    world.now += SLACK - MINUTE
    assert world.sweep(CALL) == 0
    world.now += 2 * MINUTE
    assert world.sweep(CALL) == 1
    assert (world.people(), world.told) == ([], [("staff", "ada")])
    assert world.sweep(CALL) == 0


def test_who_was_seen_is_kept_for_the_days_from_then(world: World) -> None:
    """However long ago the enrolment was."""
    world.enrol("ada", "bob")
    world.wait(days=DAYS - 1)
    world.see("ada")
    world.sightings.flush(CALL)
    world.wait(days=2)
    assert world.sweep(CALL) == 1
    assert world.people() == ["ada"]
    world.wait(days=DAYS)
    assert world.sweep(CALL) == 1


def test_sighting_that_is_in_memory_still_counts(world: World) -> None:
    """The sweep writes what was noted before it decides."""
    world.enrol("ada")
    world.wait(days=DAYS, hours=3)
    mark = world.gallery.mark_seen

    def away(*_: object) -> None:
        raise StoreUnavailableError("away")

    world.gallery.mark_seen = away  # type: ignore[method-assign] # the store is away
    world.see("ada")
    world.gallery.mark_seen = mark  # type: ignore[method-assign] # it is back
    assert world.gallery.last_seen("staff", ["ada"], CALL) == {}
    assert world.sweep(CALL) == 0
    assert world.people() == ["ada"]


def test_sighting_is_durable_when_it_is_answered(world: World) -> None:
    """A crash right after it deletes nobody: another process finds the mark."""
    world.enrol("ada", "bob")
    world.wait(days=DAYS, hours=1)
    world.see("ada")
    assert world.gallery.last_seen("staff", ["ada", "bob"], CALL) == {"ada": world.now}
    world.wait(hours=2)
    world.sightings = Sightings(world.gallery, lambda: world.now)
    assert world.replica("two")(CALL) == 1
    assert world.people() == ["ada"]


def test_who_is_seen_while_a_sweep_deletes_stays(world: World) -> None:
    """The marks are read again before each write: of 120, the last was seen after the first 50."""
    people = [f"u{number:03}" for number in range(120)]
    world.enrol(*people)
    world.wait(days=2 * DAYS)
    delete_many = world.gallery.delete_many

    def seeing(deletions: list[Deletion], call: Call) -> list[WriteReceipt | FaceError]:
        world.see(people[-1])
        return delete_many(deletions, call)

    world.gallery.delete_many = seeing  # type: ignore[method-assign] # a sighting in between
    assert world.sweep(CALL) == 119
    assert world.people() == people[-1:]


def test_store_that_cannot_write_holds_up_no_further_answer(world: World) -> None:
    """After a failure sightings wait in memory until a flush succeeds."""
    world.enrol("ada", "bob", "cyd")
    mark, tries = world.gallery.mark_seen, []

    def away(*_: object) -> None:
        tries.append(1)
        raise StoreUnavailableError("away")

    world.gallery.mark_seen = away  # type: ignore[method-assign] # the store is away
    world.see("ada")
    world.see("bob")
    assert len(tries) == 1
    world.gallery.mark_seen = mark  # type: ignore[method-assign] # it is back
    world.sightings.flush(CALL)
    world.see("cyd")
    assert len(world.gallery.last_seen("staff", ["ada", "bob", "cyd"], CALL)) == 3


def test_sighting_left_out_for_its_grain_deletes_nobody_early(world: World) -> None:
    """The mark may be an hour older than the last sighting; the slack is longer."""
    assert SLACK > GRAIN
    world.enrol("ada")
    world.wait(days=1)
    world.see("ada")
    world.sightings.flush(CALL)
    world.now += GRAIN - MINUTE
    world.see("ada")
    seen = world.now
    world.sightings.flush(CALL)
    world.now = seen + timedelta(days=DAYS)
    assert world.sweep(CALL) == 0


def test_sightings_close_together_are_one_write(world: World) -> None:
    """A user who is seen every minute costs a write an hour."""
    world.enrol("ada")
    writes: list[object] = []
    mark, world.gallery.mark_seen = world.gallery.mark_seen, lambda *a: writes.append(a)  # type: ignore[method-assign] # counts
    for _ in range(120):
        world.wait(minutes=1)
        world.see("ada")
        world.sightings.flush(CALL)
    assert len(writes) == 2
    assert mark is not None


@pytest.mark.parametrize("similarity", [0.449, -1.0])
def test_match_of_a_laxer_call_is_no_sighting(world: World, similarity: float) -> None:
    """What the collection's own threshold would not match keeps nobody."""
    world.enrol("ada")
    world.wait(days=DAYS)
    world.see("ada", similarity=similarity)
    world.sightings.flush(CALL)
    world.wait(hours=3)
    assert world.sweep(CALL) == 1


def test_days_before_the_retention_was_set_do_not_count() -> None:
    """Sightings are kept from then on only: nobody is deleted for want of them."""
    world = World(FakeGallery())
    world.enrol("ada")
    world.wait(days=400)
    world.keep(DAYS)
    assert world.sweep(CALL) == 0
    world.wait(days=DAYS)
    assert world.sweep(CALL) == 0
    world.now += SLACK + MINUTE
    assert world.sweep(CALL) == 1


def test_retention_that_was_off_begins_anew(world: World) -> None:
    """Without one, nothing is noted; a shorter one keeps the sightings that there are."""
    world.enrol("ada")
    world.keep(None)
    world.wait(days=2 * DAYS)
    world.see("ada")
    world.sightings.flush(CALL)
    assert world.gallery.last_seen("staff", ["ada"], CALL) == {}
    assert world.sweep(CALL) == 0
    world.keep(DAYS)
    assert world.sweep(CALL) == 0
    world.wait(days=11)
    world.keep(10)
    assert world.sweep(CALL) == 1


def test_collections_without_a_retention_are_left_alone(world: World) -> None:
    """Also beside one that has one."""
    world.enrol("ada")
    world.enrol("bob", collection="other")
    world.wait(days=10 * DAYS)
    assert world.sweep(CALL) == 1
    assert world.people("other") == ["bob"]


def test_who_is_enrolled_again_meanwhile_stays(world: World) -> None:
    """The deletion expects the version that was judged."""
    world.enrol("ada", "bob")
    world.wait(days=2 * DAYS)
    delete_many = world.gallery.delete_many

    def enrolling(deletions: list[Deletion], call: Call) -> list[WriteReceipt | FaceError]:
        world.gallery.enroll(face("ada", 9), CALL)
        return delete_many(deletions, call)

    world.gallery.delete_many = enrolling  # type: ignore[method-assign] # a write in between
    assert world.sweep(CALL) == 1
    assert world.people() == ["ada"]
    assert world.told == [("staff", "bob")]


def test_one_replica_sweeps_at_a_time(world: World) -> None:
    """Another one does nothing while the first has the task."""
    world.enrol("ada")
    world.wait(days=2 * DAYS)
    assert world.gallery.take_lease(TASK, "two", 60, CALL)
    assert world.sweep(CALL) == 0
    assert world.replica("two")(CALL) == 1


def test_many_are_deleted_in_batches_and_a_lost_task_ends_the_pass(world: World) -> None:
    """Of a thousand, those of the first batches are gone and the rest are whole."""
    world.enrol(*(f"u{number:04}" for number in range(230)))
    world.wait(days=2 * DAYS)
    leads = iter([True, True, True, False])
    world.gallery.take_lease = lambda *_: next(leads)  # type: ignore[method-assign] # lost on the way
    deleted = world.sweep(CALL)
    assert 0 < deleted < 230
    assert len(world.people()) == 230 - deleted == 230 - len(world.told)
    world.gallery.take_lease = lambda *_: True  # type: ignore[method-assign] # it comes back
    assert world.sweep(CALL) == 230 - deleted
    assert world.people() == []


def test_retention_taken_away_during_a_pass_ends_it(world: World) -> None:
    """Who is left stays."""
    world.enrol(*(f"u{number:04}" for number in range(120)))
    world.wait(days=2 * DAYS)
    delete_many = world.gallery.delete_many

    def changing(deletions: list[Deletion], call: Call) -> list[WriteReceipt | FaceError]:
        world.keep(None)
        return delete_many(deletions, call)

    world.gallery.delete_many = changing  # type: ignore[method-assign] # a change in between
    assert 0 < world.sweep(CALL) < 120


def test_end_of_the_service_ends_a_pass(world: World) -> None:
    """What was deleted is told."""
    world.enrol(*(f"u{number:04}" for number in range(120)))
    world.wait(days=2 * DAYS)
    call = Call()
    delete_many = world.gallery.delete_many

    def ending(deletions: list[Deletion], _: Call) -> list[WriteReceipt | FaceError]:
        call.cancel()
        return delete_many(deletions, CALL)

    world.gallery.delete_many = ending  # type: ignore[method-assign] # the end in between
    with pytest.raises(CallEndedError):
        world.sweep(call)
    assert len(world.told) == 120 - len(world.people()) > 0


def test_sightings_that_cannot_be_written_are_kept(world: World) -> None:
    """The store may be away for a while; the newest sighting wins."""
    world.enrol("ada", "bob")
    world.wait(days=1)
    mark = world.gallery.mark_seen

    def away(*_: object) -> None:
        raise StoreUnavailableError("away")

    world.gallery.mark_seen = away  # type: ignore[method-assign] # the store is away
    world.see("ada", "bob")
    with pytest.raises(StoreUnavailableError):
        world.sightings.flush(CALL)
    world.wait(minutes=5)
    world.see("ada")
    newest = world.now
    world.gallery.mark_seen = mark  # type: ignore[method-assign] # it is back
    world.sightings.flush(CALL)
    marks = world.gallery.last_seen("staff", ["ada", "bob"], CALL)
    assert marks == {"ada": newest, "bob": newest - timedelta(minutes=5)}


def test_sweep_that_cannot_write_sightings_deletes_nobody(world: World) -> None:
    """Nothing is decided on less than what is known."""
    world.enrol("ada", "bob")
    world.wait(days=2 * DAYS)

    def away(*_: object) -> None:
        raise StoreUnavailableError("away")

    world.gallery.mark_seen = away  # type: ignore[method-assign] # the store is away
    world.see("bob")
    with pytest.raises(StoreUnavailableError):
        world.sweep(CALL)
    assert world.people() == ["ada", "bob"]


def test_thread_sweeps_writes_the_audit_and_its_last_sightings(
    world: World, tmp_path: Path
) -> None:
    """The deletion is in the audit with the user's hash; a sighting of the end is not lost."""
    world.enrol("ada", "bob")
    world.wait(days=2 * DAYS)
    world.see("bob")
    trail = FileTrail(tmp_path / "audit.jsonl", b"key")
    sweep = RetentionSweep(
        world.gallery, world.sightings, partial(audited, trail), lambda: world.now
    )
    thread = RetentionThread(world.sightings, sweep, 0.02)
    thread.start()
    until = time.monotonic() + 10
    while world.people() != ["bob"]:
        assert time.monotonic() < until
        time.sleep(0.01)
    world.wait(hours=2)
    world.see("bob")
    thread.close()
    trail.close()
    (line,) = (tmp_path / "audit.jsonl").read_text().splitlines()
    entry = json.loads(line)
    assert (entry["call"], entry["collection"], entry["outcome"]) == ("Retention", "staff", "ok")
    assert entry["user"] == user_hash(b"key", "ada")
    assert world.gallery.last_seen("staff", ["bob"], CALL) == {"bob": world.now}
