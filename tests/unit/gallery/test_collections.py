"""Deleting collections, and aliases."""

from __future__ import annotations

import pytest

from facesvc.domain.errors import (
    CollectionNotFoundError,
    InvalidFieldError,
    ModelMismatchError,
)
from facesvc.gallery.indexed_gallery import IndexedGallery
from tests.unit.gallery.conftest import Opener
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, OTHER_DIGEST, face, query, vector


def test_deleted_collection_is_gone_and_its_versions_go_on(gallery: IndexedGallery) -> None:
    """A version never means two things, even when the collection comes back."""
    gallery.enroll(face("ada", 1, request_id="r"), CALL)
    gallery.enroll(face("bob", 2), CALL)
    receipt = gallery.delete_collection("staff", CALL)
    assert (receipt.version, receipt.removed) == (3, 2)
    assert gallery.list_collections() == []
    assert gallery.search(query("staff", vector(1), 5, -1), CALL).first == []
    with pytest.raises(CollectionNotFoundError):
        gallery.delete_collection("staff", CALL)
    assert gallery.enroll(face("eve", 3), CALL).version == 4
    assert [m.user_id for m in gallery.search(query("staff", vector(1), 5, -1), CALL).first] == [
        "eve"
    ]


def test_alias_leads_reads_and_writes_to_its_collection(gallery: IndexedGallery) -> None:
    """And a swap sends the next call to the other collection."""
    gallery.enroll(face("ada", 1, collection="staff-1"), CALL)
    gallery.enroll(face("ada", 2, collection="staff-2"), CALL)
    gallery.set_alias("staff", "staff-1", CALL)
    assert gallery.similarity("staff", "ada", vector(1), CALL) == 1.0
    assert gallery.enroll(face("bob", 3), CALL).version == 2
    gallery.set_alias("staff", "staff-2", CALL)
    assert gallery.similarity("staff", "ada", vector(2), CALL) == 1.0
    assert [(c.name, c.aliases, c.users) for c in gallery.list_collections()] == [
        ("staff-1", (), 2),
        ("staff-2", ("staff",), 1),
    ]
    gallery.delete_alias("staff", CALL)
    assert gallery.search(query("staff", vector(2), 5, -1), CALL).first == []


def test_alias_needs_a_collection_and_a_free_name(gallery: IndexedGallery) -> None:
    """No dangling aliases, no hidden collections."""
    gallery.enroll(face("ada", 1), CALL)
    with pytest.raises(CollectionNotFoundError):
        gallery.set_alias("other", "nowhere", CALL)
    with pytest.raises(CollectionNotFoundError):
        gallery.delete_alias("other", CALL)
    gallery.enroll(face("ada", 1, collection="guests"), CALL)
    with pytest.raises(InvalidFieldError):
        gallery.set_alias("guests", "staff", CALL)
    gallery.set_alias("people", "staff", CALL)
    with pytest.raises(InvalidFieldError, match="people"):
        gallery.delete_collection("staff", CALL)


def test_gallery_of_another_recogniser_is_refused_and_untouched(open_sqlite: Opener) -> None:
    """The text names both and the ways out; the first recognizer still serves it."""
    first = open_sqlite(DIGEST)
    first.enroll(face("ada", 1), CALL)
    first.close()
    with pytest.raises(ModelMismatchError, match=r"re-enrol.*reembed") as caught:
        open_sqlite(OTHER_DIGEST)
    assert caught.value.metadata == {"gallery": DIGEST, "loaded": OTHER_DIGEST}
    again = open_sqlite(DIGEST)
    assert again.similarity("staff", "ada", vector(1), CALL) == 1.0


def test_two_recognisers_collections_never_mix(open_sqlite: Opener) -> None:
    """Each recognizer serves its own collections and has its own aliases; every call that
    names another's is refused, but it can be deleted.
    """
    first = open_sqlite(DIGEST)
    first.enroll(face("ada", 1, collection="staff"), CALL)
    first.enroll(face("ada", 1, collection="spare"), CALL)
    first.set_alias("people", "spare", CALL)
    first.close()
    second = open_sqlite(OTHER_DIGEST, allow_foreign=True)
    with pytest.raises(ModelMismatchError):
        second.enroll(face("bob", 2), CALL)
    with pytest.raises(ModelMismatchError):
        second.search(query("staff", vector(1), 5, -1), CALL)
    second.enroll(face("ada", 2, collection="staff-2"), CALL)
    second.close()
    second = open_sqlite(OTHER_DIGEST)  # one collection is its own now
    second.set_alias("staff", "staff-2", CALL)  # hides the other recognizer's, on purpose
    assert second.similarity("staff", "ada", vector(2), CALL) == 1.0
    assert [(c.name, c.served) for c in second.list_collections()] == [
        ("spare", False),
        ("staff", False),
        ("staff-2", True),
    ]
    assert second.delete_collection("spare", CALL).removed == 1
    second.close()
    first = open_sqlite(DIGEST)
    assert first.similarity("staff", "ada", vector(1), CALL) == 1.0
    assert [c.aliases for c in first.list_collections() if c.served] == [()]
