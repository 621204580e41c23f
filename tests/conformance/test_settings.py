"""What is promised of the settings of a collection."""

from __future__ import annotations

import time

import pytest

from facesvc.domain.collection_settings import (
    NEVER_SET,
    NOTHING_SET,
    CollectionSettings,
    KeptSettings,
    SettingsChange,
)
from facesvc.domain.errors import CollectionFullError, CollectionNotFoundError
from facesvc.domain.gallery import EnrollMode, SearchResult
from tests.conformance.capabilities import Capability, needs
from tests.conformance.conftest import Opener, new_collection
from tests.conformance.implementations import OpenGallery
from tests.conformance.payload import refusal
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, OTHER_DIGEST, face, query, vector

DOOR = CollectionSettings(description="Tür, nachts", match_threshold=0.6)


def change(expected: int | None = None, **values: object) -> SettingsChange:
    """Return a change of the named settings."""
    return SettingsChange(CollectionSettings(**values), tuple(values), expected)


def describe(gallery: OpenGallery, collection: str, text: str = "the door") -> KeptSettings:
    """Give a collection a description."""
    return gallery.change_settings(collection, change(description=text), CALL)


def test_settings_are_seen_at_once_and_listed(gallery: OpenGallery, collection: str) -> None:
    """Changed settings are what is read next, and what the listing tells."""
    gallery.enroll(face("ada", 1, collection=collection), CALL)
    assert gallery.settings(collection) == NEVER_SET
    kept = gallery.change_settings(
        collection, change(description="Tür, nachts", match_threshold=0.6), CALL
    )
    assert kept == KeptSettings(DOOR, 1)
    assert gallery.settings(collection) == kept
    listed = {info.name: info for info in gallery.list_collections()}[collection]
    assert (listed.kept, listed.users) == (kept, 1)


def test_a_change_leaves_the_other_settings_alone(gallery: OpenGallery, collection: str) -> None:
    """Only settings that are named change; one without a value is the server's default again."""
    gallery.change_settings(collection, change(description="a", match_threshold=0.6), CALL)
    gallery.change_settings(collection, change(quality_threshold=0.5), CALL)
    kept = gallery.change_settings(collection, change(match_threshold=None), CALL)
    assert kept.settings == CollectionSettings(description="a", quality_threshold=0.5)
    assert (kept.version, gallery.settings(collection)) == (3, kept)


def test_settings_make_a_collection_that_is_empty(gallery: OpenGallery, collection: str) -> None:
    """A gate can be set before the first enrolment, which then finds it; version 0 until then."""
    describe(gallery, collection)
    listed = {info.name: info for info in gallery.list_collections()}[collection]
    assert (listed.recognizer, listed.version, listed.users, listed.served) == (DIGEST, 0, 0, True)
    page = gallery.list_users(collection, 5, "", CALL)
    assert (page.total, page.known, gallery.knows(collection)) == (0, True, True)
    assert gallery.search(query(collection, vector(1), 5, -1), CALL) == SearchResult([[]])
    assert gallery.enroll(face("ada", 1, collection=collection), CALL).version == 1
    assert gallery.get(collection, "ada", CALL).samples == 1
    assert gallery.settings(collection).settings.description == "the door"


def test_repeated_change_is_none(gallery: OpenGallery, collection: str) -> None:
    """The same change again is answered the same, whichever version is expected."""
    first = gallery.change_settings(collection, change(0, description="a"), CALL)
    assert gallery.change_settings(collection, change(0, description="a"), CALL) == first
    assert first.version == 1


def test_first_change_to_nothing_counts(gallery: OpenGallery, collection: str) -> None:
    """A collection can be made without a setting of its own."""
    kept = gallery.change_settings(collection, change(description=None), CALL)
    assert kept == KeptSettings(NOTHING_SET, 1)
    assert collection in {info.name for info in gallery.list_collections()}


def test_change_of_another_version_is_refused(gallery: OpenGallery, collection: str) -> None:
    """A change of settings that expects another version is refused."""
    describe(gallery, collection)
    said = refusal(lambda: gallery.change_settings(collection, change(0, description="b"), CALL))
    assert said.reason == "VERSION_CONFLICT"
    assert said.metadata == {"expected": "0", "actual": "1"}
    assert gallery.settings(collection).settings.description == "the door"


def test_threshold_and_target_exclude_each_other(gallery: OpenGallery, collection: str) -> None:
    """A threshold beside a target is refused until the other is cleared, or in the same call."""
    gallery.change_settings(collection, change(match_threshold=0.6), CALL)
    said = refusal(lambda: gallery.change_settings(collection, change(target_fpir=0.01), CALL))
    assert (said.reason, said.field) == ("INVALID_FIELD", "settings.target_fpir")
    both = change(match_threshold=None, target_fpir=0.01)
    assert gallery.change_settings(collection, both, CALL).settings.target_fpir == 0.01


def test_alias_leads_to_the_settings_of_its_collection(
    gallery: OpenGallery, collection: str
) -> None:
    """Settings read and written through an alias are its collection's."""
    alias = f"{collection}-alias"
    describe(gallery, collection)
    gallery.set_alias(alias, collection, CALL)
    gallery.change_settings(alias, change(match_threshold=0.7), CALL)
    expected = CollectionSettings(description="the door", match_threshold=0.7)
    assert gallery.settings(alias).settings == expected
    assert gallery.settings(collection).settings == expected


@pytest.mark.parametrize("enrolled", [False, True], ids=["empty", "with_people"])
def test_settings_go_with_their_collection(
    gallery: OpenGallery, collection: str, enrolled: bool
) -> None:
    """A deleted collection leaves no settings behind for the next one of its name."""
    if enrolled:
        gallery.enroll(face("ada", 1, collection=collection), CALL)
    describe(gallery, collection)
    gallery.delete_collection(collection, CALL)
    assert gallery.settings(collection) == NEVER_SET
    assert collection not in {info.name for info in gallery.list_collections()}
    with pytest.raises(CollectionNotFoundError):
        gallery.delete_collection(collection, CALL)
    gallery.enroll(face("bob", 1, collection=collection), CALL)
    assert gallery.settings(collection) == NEVER_SET
    assert describe(gallery, collection, "new").version == 1


def test_settings_made_after_a_deletion_make_it_anew(gallery: OpenGallery, collection: str) -> None:
    """Settings after a deletion make the collection anew, empty; its version counter goes on."""
    gallery.enroll(face("ada", 1, collection=collection), CALL)
    gallery.delete_collection(collection, CALL)
    describe(gallery, collection)
    assert gallery.list_users(collection, 5, "", CALL).total == 0
    gallery.enroll(face("bob", 1, collection=collection), CALL)
    assert [user.user_id for user in gallery.list_users(collection, 5, "", CALL).users] == ["bob"]
    assert gallery.settings(collection).settings.description == "the door"


@needs(Capability.DURABLE)
def test_settings_are_there_when_opened_anew(open_own: Opener) -> None:
    """Settings are there when opened anew, with people and without."""
    first = open_own()
    first.enroll(face("ada", 1, collection="staff"), CALL)
    kept = describe(first, "staff"), describe(first, "visitors", "of today")
    first.close()
    second = open_own()
    assert (second.settings("staff"), second.settings("visitors")) == kept
    assert [info.name for info in second.list_collections()] == ["staff", "visitors"]


@needs(Capability.SHARED)
def test_settings_reach_the_others_within_seconds(open_own: Opener) -> None:
    """Settings reach every process that has the gallery open, within seconds."""
    first, second = open_own(), open_own()
    kept = describe(first, "staff")
    until = time.monotonic() + 5
    while second.settings("staff") != kept:
        assert time.monotonic() < until
        time.sleep(0.02)
    first.change_settings("staff", change(description="changed"), CALL)
    said = refusal(lambda: second.change_settings("staff", change(1, description="b"), CALL))
    assert said.reason == "VERSION_CONFLICT"


@needs(Capability.FOREIGN)
def test_settings_of_another_recognizers_collection_are_refused_and_listed(
    open_own: Opener,
) -> None:
    """Settings of another recognizer's collection are refused and listed; so are an empty one's."""
    first = open_own()
    first.enroll(face("ada", 1, collection="staff"), CALL)
    kept = describe(first, "staff")
    describe(first, "visitors")
    first.close()
    second = open_own(recognizer=OTHER_DIGEST, beside_foreign=True)
    for name in ("staff", "visitors"):
        said = refusal(lambda name=name: describe(second, name))
        assert said.reason == "MODEL_MISMATCH"
        assert refusal(lambda name=name: second.settings(name)).reason == "MODEL_MISMATCH"
    listed = {info.name: info for info in second.list_collections()}
    assert (listed["staff"].served, listed["staff"].kept) == (False, kept)
    assert not listed["visitors"].served


def test_each_collection_has_its_own(gallery: OpenGallery, collection: str) -> None:
    """A tenant's settings are no other's."""
    other = new_collection()
    describe(gallery, collection)
    assert gallery.settings(other) == NEVER_SET


def test_full_collection_takes_samples_of_its_users_and_nobody_new(
    gallery: OpenGallery, collection: str
) -> None:
    """A full collection takes nobody new, but samples of its users; a deletion makes room."""
    gallery.enroll(face("ada", 1, collection=collection), CALL)
    gallery.change_settings(collection, change(max_users=2), CALL)
    gallery.enroll(face("bob", 2, collection=collection, request_id="r-bob"), CALL)
    said = refusal(lambda: gallery.enroll(face("eve", 3, collection=collection), CALL))
    assert (said.reason, said.metadata) == ("COLLECTION_FULL", {"limit": "2"})
    gallery.enroll(face("bob", 2, collection=collection, request_id="r-bob"), CALL)
    gallery.enroll(face("ada", 4, collection=collection, mode=EnrollMode.ADD), CALL)
    gallery.delete(collection, "ada", CALL)
    gallery.enroll(face("eve", 3, collection=collection), CALL)
    assert gallery.list_users(collection, 5, "", CALL).total == 2


def test_full_collection_is_full_within_a_batch(gallery: OpenGallery, collection: str) -> None:
    """Of a batch, those are enrolled for whom there is room, in order."""
    gallery.change_settings(collection, change(max_users=2), CALL)
    batch = [face(name, n, collection=collection) for n, name in enumerate("ababcd")]
    outcomes = gallery.enroll_many(batch, CALL)
    refused = [isinstance(outcome, CollectionFullError) for outcome in outcomes]
    assert refused == [False, False, False, False, True, True]
    assert gallery.list_users(collection, 5, "", CALL).total == 2


def test_smaller_limit_than_there_are_users_removes_nobody(
    gallery: OpenGallery, collection: str
) -> None:
    """A limit below the users that there are removes nobody."""
    for number, name in enumerate("abc"):
        gallery.enroll(face(name, number, collection=collection), CALL)
    gallery.change_settings(collection, change(max_users=1), CALL)
    assert gallery.list_users(collection, 5, "", CALL).total == 3
    assert refusal(lambda: gallery.enroll(face("d", 9, collection=collection), CALL)).reason == (
        "COLLECTION_FULL"
    )
    gallery.change_settings(collection, change(max_users=None), CALL)
    gallery.enroll(face("d", 9, collection=collection), CALL)
