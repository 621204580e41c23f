"""What is promised of the marks that say when users were seen, and of tasks for one replica."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from tests.conformance.capabilities import Capability, needs
from tests.conformance.conftest import Opener, new_collection
from tests.conformance.implementations import OpenGallery
from tests.unit.gallery.gallery_fixtures import CALL, OTHER_DIGEST, face, query, vector

NOON = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
LATER = NOON + timedelta(hours=3)


def test_marks_are_kept_for_users_that_exist(gallery: OpenGallery, collection: str) -> None:
    """A mark is read to the microsecond; who is not enrolled gets none."""
    gallery.enroll(face("ada", 1, collection=collection), CALL)
    gallery.enroll(face("bob", 2, collection=collection), CALL)
    gallery.mark_seen(collection, {"ada": NOON, "nobody": NOON}, CALL)
    found = gallery.last_seen(collection, ["ada", "bob", "nobody"], CALL)
    assert found == {"ada": NOON}
    assert gallery.list_users(collection, 5, "", CALL).total == 2


def test_mark_never_goes_back(gallery: OpenGallery, collection: str) -> None:
    """A mark never goes back, whichever replica writes last."""
    gallery.enroll(face("ada", 1, collection=collection), CALL)
    for moment in (NOON, LATER, NOON):
        gallery.mark_seen(collection, {"ada": moment}, CALL)
    assert gallery.last_seen(collection, ["ada"], CALL) == {"ada": LATER}


def test_mark_is_no_write(gallery: OpenGallery, collection: str) -> None:
    """A mark changes neither the user, nor a version, nor what is found."""
    receipt = gallery.enroll(face("ada", 1, collection=collection), CALL)
    before = gallery.get(collection, "ada", CALL)
    gallery.mark_seen(collection, {"ada": NOON}, CALL)
    assert gallery.get(collection, "ada", CALL) == before
    (info,) = [one for one in gallery.list_collections() if one.name == collection]
    assert info.version == receipt.version
    assert gallery.search(query(collection, vector(1), 1, 0.9), CALL).first[0].user_id == "ada"


def test_mark_goes_with_its_user(gallery: OpenGallery, collection: str) -> None:
    """A mark goes with its user, and with the collection; the next one of the name has none."""
    for delete in (
        lambda: gallery.delete(collection, "ada", CALL),
        lambda: gallery.delete_collection(collection, CALL),
    ):
        gallery.enroll(face("ada", 1, collection=collection), CALL)
        gallery.mark_seen(collection, {"ada": NOON}, CALL)
        delete()
        assert gallery.last_seen(collection, ["ada"], CALL) == {}
        gallery.mark_seen(collection, {"ada": NOON}, CALL)
        gallery.enroll(face("ada", 1, collection=collection), CALL)
        assert gallery.last_seen(collection, ["ada"], CALL) == {}


def test_marks_do_not_cross_collections(gallery: OpenGallery, collection: str) -> None:
    """A mark is of one collection; an alias leads to it, and an unknown one has none."""
    other = new_collection()
    for name in (collection, other):
        gallery.enroll(face("ada", 1, collection=name), CALL)
    gallery.set_alias(f"{collection}-alias", collection, CALL)
    gallery.mark_seen(f"{collection}-alias", {"ada": NOON}, CALL)
    assert gallery.last_seen(collection, ["ada"], CALL) == {"ada": NOON}
    assert gallery.last_seen(other, ["ada"], CALL) == {}
    gallery.mark_seen(new_collection(), {"ada": NOON}, CALL)
    assert gallery.last_seen(new_collection(), ["ada"], CALL) == {}


@needs(Capability.DURABLE)
def test_marks_are_there_when_opened_anew(open_own: Opener) -> None:
    """A mark is durable once it is written."""
    first = open_own()
    first.enroll(face("ada", 1, collection="staff"), CALL)
    first.mark_seen("staff", {"ada": NOON}, CALL)
    first.close()
    assert open_own().last_seen("staff", ["ada"], CALL) == {"ada": NOON}


@needs(Capability.SHARED)
def test_marks_and_tasks_are_every_replicas(open_own: Opener) -> None:
    """A mark is seen by every replica at once; a task that one has, the others do not get."""
    first, second = open_own(), open_own()
    first.enroll(face("ada", 1, collection="staff"), CALL)
    first.mark_seen("staff", {"ada": NOON}, CALL)
    assert second.last_seen("staff", ["ada"], CALL) == {"ada": NOON}
    assert first.take_lease("sweep", "first", 60, CALL)
    assert not second.take_lease("sweep", "second", 60, CALL)


def test_task_is_one_holders_until_its_time_is_over(gallery: OpenGallery, collection: str) -> None:
    """A task is one holder's, who may keep it; once the time is over, another one may take it."""
    task = collection
    assert gallery.take_lease(task, "a", 0.2, CALL)
    assert not gallery.take_lease(task, "b", 0.2, CALL)
    assert gallery.take_lease(f"{task}-other", "b", 0.2, CALL)
    assert gallery.take_lease(task, "a", 0.2, CALL)
    time.sleep(0.3)
    assert gallery.take_lease(task, "b", 60, CALL)
    assert not gallery.take_lease(task, "a", 60, CALL)


@needs(Capability.FOREIGN, Capability.SHARED)
def test_task_is_of_one_recognizer(open_own: Opener) -> None:
    """A task of one recognizer's collections keeps no service of another from its own."""
    first = open_own()
    first.enroll(face("ada", 1, collection="staff"), CALL)
    second = open_own(recognizer=OTHER_DIGEST, beside_foreign=True)
    assert first.take_lease("sweep", "first", 60, CALL)
    assert second.take_lease("sweep", "second", 60, CALL)
    assert not second.take_lease("sweep", "third", 60, CALL)
