"""What is promised of whole collections: deletion, aliases, other recognizers, erasure."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from facesvc.domain.gallery import CollectionInfo, EnrollMode, WriteReceipt
from tests.conformance.capabilities import Capability, needs
from tests.conformance.conftest import Opener, new_collection
from tests.conformance.implementations import OpenGallery
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, OTHER_DIGEST, face, query, vector


def infos(gallery: OpenGallery, *names: str) -> list[CollectionInfo]:
    """Return what is listed of these collections."""
    return [info for info in gallery.list_collections() if info.name in names]


def fill(gallery: OpenGallery, collection: str) -> None:
    """Enrol Ada with two samples, and Bob."""
    gallery.enroll(face("ada", 1, collection=collection), CALL)
    gallery.enroll(face("ada", 2, collection=collection, mode=EnrollMode.ADD), CALL)
    gallery.enroll(face("bob", 3, collection=collection), CALL)


def test_collections_are_listed_with_their_counts(gallery: OpenGallery, collection: str) -> None:
    """Collections are listed by name, with users, samples, version and recognizer."""
    other = new_collection()
    fill(gallery, collection)
    gallery.enroll(face("ada", 1, collection=other), CALL)
    gallery.delete(other, "ada", CALL)
    names = [info.name for info in gallery.list_collections()]
    assert names == sorted(names)
    assert sorted(infos(gallery, collection, other), key=lambda info: -info.users) == [
        CollectionInfo(collection, DIGEST, 3, 2, 3),
        CollectionInfo(other, DIGEST, 2, 0, 0),
    ]


def test_deleted_collection_is_gone(gallery: OpenGallery, collection: str) -> None:
    """A deleted collection has no users, matches or listing, whatever was in it."""
    fill(gallery, collection)
    gallery.delete_collection(collection, CALL)
    assert infos(gallery, collection) == []
    assert gallery.search(query(collection, vector(1), 5, -1), CALL).first == []
    assert gallery.list_users(collection, 5, "", CALL).total == 0


def test_deletion_of_a_collection_counts_its_samples(gallery: OpenGallery, collection: str) -> None:
    """The receipt of a deleted collection counts every sample that went."""
    fill(gallery, collection)
    gallery.enroll(face("eve", 4, collection=collection), CALL)
    gallery.enroll(face("eve", 5, collection=collection), CALL)
    assert gallery.delete_collection(collection, CALL).removed == 4
    gallery.enroll(face("eve", 4, collection=collection), CALL)
    assert gallery.delete_collection(collection, CALL).removed == 1


def test_deletion_counts_the_samples_of_many_users(gallery: OpenGallery, collection: str) -> None:
    """Also when there are a thousand of them."""
    users = [face(f"u{n}", n, collection=collection) for n in range(1000)]
    gallery.enroll_many(users, CALL)
    gallery.delete(collection, "u7", CALL)
    assert gallery.delete_collection(collection, CALL).removed == 999


def test_versions_go_on_when_a_collection_comes_back(gallery: OpenGallery, collection: str) -> None:
    """A collection that comes back goes on counting: a version never means two things."""
    versions = [gallery.enroll(face("ada", 1, collection=collection), CALL).version]
    for _ in range(2):
        versions.append(gallery.delete_collection(collection, CALL).version)
        versions.append(gallery.enroll(face("ada", 2, collection=collection), CALL).version)
    assert versions == [1, 2, 3, 4, 5]
    assert [one.user.user_id for one in gallery.export_users(collection, CALL)] == ["ada"]
    assert gallery.get(collection, "ada", CALL).version == 5


def test_retry_finds_its_receipt_after_the_collection_went(
    gallery: OpenGallery, collection: str
) -> None:
    """A retry gives its receipt also after the collection was deleted, and stores nothing."""
    receipt = gallery.enroll(face("ada", 1, collection=collection, request_id="r"), CALL)
    gallery.delete_collection(collection, CALL)
    again = gallery.enroll(face("ada", 1, collection=collection, request_id="r"), CALL)
    assert again == receipt
    assert gallery.list_users(collection, 5, "", CALL).total == 0


def test_request_ids_of_collections_are_apart(gallery: OpenGallery, collection: str) -> None:
    """The same request_id in another collection is another write."""
    other = new_collection()
    for name in (collection, other):
        enrolment = face("ada", 1, collection=name, request_id="r")
        assert gallery.enroll(enrolment, CALL).version == 1
    assert gallery.get(other, "ada", CALL).samples == 1


def test_alias_leads_reads_and_writes_to_its_collection(
    gallery: OpenGallery, collection: str
) -> None:
    """An alias leads reads and writes to its collection, and a swap to another one."""
    other, alias = new_collection(), f"{collection}-alias"
    gallery.enroll(face("ada", 1, collection=collection), CALL)
    gallery.enroll(face("ada", 2, collection=other), CALL)
    gallery.set_alias(alias, collection, CALL)
    assert gallery.similarity(alias, "ada", vector(1), CALL) == pytest.approx(1.0, abs=5e-4)
    gallery.enroll(face("bob", 3, collection=alias), CALL)
    assert gallery.get(collection, "bob", CALL).samples == 1
    results = gallery.enroll_many([face("eve", 4, collection=alias)], CALL)
    assert isinstance(results[0], WriteReceipt)
    gallery.delete(alias, "eve", CALL)
    gallery.set_alias(alias, other, CALL)
    assert gallery.similarity(alias, "ada", vector(2), CALL) == pytest.approx(1.0, abs=5e-4)
    listed = [(info.aliases, info.users) for info in infos(gallery, collection, other)]
    assert sorted(listed) == [((), 2), ((alias,), 1)]
    gallery.delete_alias(alias, CALL)
    assert gallery.search(query(alias, vector(2), 5, -1), CALL).first == []


def test_purge_tells_the_places_and_times(gallery: OpenGallery, collection: str) -> None:
    """A purge tells what it reached and when, and leaves the living alone."""
    fill(gallery, collection)
    gallery.delete(collection, "bob", CALL)
    before = datetime.now(UTC)
    receipt = gallery.purge(CALL)
    assert before <= receipt.started_at <= receipt.completed_at <= datetime.now(UTC)
    assert receipt.places
    assert all(place and "/" not in place for place in receipt.places)
    assert gallery.get(collection, "ada", CALL).samples == 2


@needs(Capability.FOREIGN)
def test_recognizers_have_collections_side_by_side(open_own: Opener) -> None:
    """Each recognizer serves its own collections; others' are listed, and can be deleted."""
    first = open_own()
    first.enroll(face("ada", 1, collection="staff"), CALL)
    first.enroll(face("ada", 1, collection="spare"), CALL)
    first.set_alias("people", "spare", CALL)
    first.close()
    second = open_own(recognizer=OTHER_DIGEST, beside_foreign=True)
    second.enroll(face("ada", 2, collection="staff-2"), CALL)
    second.close()
    second = open_own(recognizer=OTHER_DIGEST)  # one collection is its own now
    second.set_alias("staff", "staff-2", CALL)  # hides the other recognizer's, on purpose
    assert second.similarity("staff", "ada", vector(2), CALL) > 0.999
    assert [(info.name, info.recognizer, info.served) for info in second.list_collections()] == [
        ("spare", DIGEST, False),
        ("staff", DIGEST, False),
        ("staff-2", OTHER_DIGEST, True),
    ]
    assert second.delete_collection("spare", CALL).removed == 1
    second.close()
    first = open_own()
    assert first.similarity("staff", "ada", vector(1), CALL) > 0.999
    assert [info.aliases for info in first.list_collections() if info.name == "staff"] == [()]
