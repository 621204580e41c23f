"""What removing many users at once promises: each on its own, as by itself."""

from __future__ import annotations

from facesvc.domain.errors import FaceError
from facesvc.domain.events import EventKind
from facesvc.domain.gallery import Deletion, EnrollMode, WriteReceipt
from tests.conformance.capabilities import Capability, needs
from tests.conformance.conftest import Opener, new_collection
from tests.conformance.implementations import OpenGallery
from tests.conformance.test_events import KEEP, events_of, told
from tests.unit.gallery.gallery_fixtures import CALL, face, query, vector


def enrol(gallery: OpenGallery, collection: str, count: int) -> list[str]:
    """Enrol as many users; return their ids."""
    users = [f"u{number:03}" for number in range(count)]
    gallery.enroll_many([face(one, 1, collection=collection) for one in users], CALL)
    return users


def reasons(results: list[WriteReceipt | FaceError]) -> list[str]:
    """Return what each deletion was refused for, "" for none."""
    return [one.reason if isinstance(one, FaceError) else "" for one in results]


def test_many_users_are_removed_each_on_its_own(gallery: OpenGallery, collection: str) -> None:
    """One who is not there, or has another version, is told; the others are gone."""
    enrol(gallery, collection, 5)
    other = new_collection()
    enrol(gallery, other, 1)
    more = face("u001", 2, collection=collection, mode=EnrollMode.ADD)
    current = gallery.enroll(more, CALL).version
    results = gallery.delete_many(
        [
            Deletion(collection, "u000"),
            Deletion(collection, "nobody"),
            Deletion(collection, "u001", expected_version=current),
            Deletion(collection, "u002", expected_version=10**6),
            Deletion(other, "u000"),
            Deletion(collection, "u000"),
        ],
        CALL,
    )
    absent, conflict = "USER_NOT_FOUND", "VERSION_CONFLICT"
    assert reasons(results) == ["", absent, "", conflict, "", absent]
    assert [one.removed for one in results if isinstance(one, WriteReceipt)] == [1, 2, 1]
    left = gallery.list_users(collection, 10, "", CALL)
    assert [user.user_id for user in left.users] == ["u002", "u003", "u004"]
    found = gallery.search(query(collection, vector(1), 10, 0.9), CALL).first
    assert [match.user_id for match in found] == ["u002", "u003", "u004"]
    assert gallery.list_users(other, 10, "", CALL).total == 0
    assert gallery.delete_many([], CALL) == []


def test_many_more_are_removed_in_one_call(gallery: OpenGallery, collection: str) -> None:
    """As many as a call may name."""
    users = enrol(gallery, collection, 1000)
    results = gallery.delete_many([Deletion(collection, one) for one in users], CALL)
    assert all(isinstance(one, WriteReceipt) for one in results)
    assert gallery.list_users(collection, 10, "", CALL).users == []
    assert gallery.search(query(collection, vector(1), 10, -1.0), CALL).first == []


@needs(Capability.ONE_COUNTER)
def test_each_removal_is_a_version(gallery: OpenGallery, collection: str) -> None:
    """In order, so that a replica follows them one by one."""
    users = enrol(gallery, collection, 4)
    results = gallery.delete_many([Deletion(collection, one) for one in users], CALL)
    assert [one.version for one in results if isinstance(one, WriteReceipt)] == [5, 6, 7, 8]


def test_repeated_removal_answers_as_the_first(gallery: OpenGallery, collection: str) -> None:
    """With its request_id, also after the user is enrolled again, who stays."""
    enrol(gallery, collection, 2)
    deletions = [Deletion(collection, f"u{n:03}", request_id=f"r{n}") for n in (0, 1)]
    first = gallery.delete_many(deletions, CALL)
    gallery.enroll(face("u001", 3, collection=collection), CALL)
    assert gallery.delete_many(deletions, CALL) == first
    assert gallery.get(collection, "u001", CALL).samples == 1


@needs(Capability.EVENTS)
def test_each_removal_has_its_event(open_own: Opener, collection: str) -> None:
    """And who was not there has none."""
    gallery = open_own(events=KEEP)
    enrol(gallery, collection, 3)
    _, before = events_of(gallery)
    asked = [Deletion(collection, user) for user in ("u002", "nobody", "u000")]
    gallery.delete_many(asked, CALL)
    events, _ = events_of(gallery, cursor=before)
    assert sorted(told(events)) == [
        (EventKind.USER_DELETED, "u000"),
        (EventKind.USER_DELETED, "u002"),
    ]
