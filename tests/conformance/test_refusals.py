"""What a caller is told when a gallery cannot do it: the whole payload, the same everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from facesvc.application.call import Call
from facesvc.domain.gallery import WriteReceipt
from tests.conformance.capabilities import Capability, needs
from tests.conformance.conftest import Opener, new_collection
from tests.conformance.implementations import OpenGallery
from tests.conformance.payload import Payload, refusal
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, OTHER_DIGEST, face, query, vector

ENDED = Payload("CALL_ENDED", "The call was cancelled or its deadline has passed.", "", {})
CLOSED = Payload("STORE_UNAVAILABLE", "The gallery is closed.", "", {})


def no_user(user_id: str) -> Payload:
    """Return what an unknown user answers."""
    return Payload("USER_NOT_FOUND", "No such user is enrolled.", "", {"user_id": user_id})


def no_user_there(user_id: str, collection: str) -> Payload:
    """Return what a user of an unknown collection answers."""
    return Payload(
        "USER_NOT_FOUND",
        "No such user is enrolled: there is no such collection.",
        "",
        {"user_id": user_id, "collection": collection, "collection_known": "false"},
    )


def no_collection(name: str) -> Payload:
    """Return what an unknown collection answers."""
    return Payload("COLLECTION_NOT_FOUND", "No such collection.", "", {"collection": name})


def foreign(name: str) -> Payload:
    """Return what another recognizer's collection answers."""
    return Payload(
        "MODEL_MISMATCH",
        f"The collection {name} was made by another recognizer.",
        "",
        {"collection": name, "recognizer": DIGEST, "serving": OTHER_DIGEST},
    )


@pytest.mark.parametrize("known", [True, False], ids=["known collection", "unknown collection"])
def test_unknown_user(gallery: OpenGallery, collection: str, known: bool) -> None:
    """An unknown user is USER_NOT_FOUND with its user_id, for every call, and tells an unknown
    collection.
    """
    if known:
        gallery.enroll(face("bob", 1, collection=collection), CALL)
    for call in (
        lambda: gallery.get(collection, "ada", CALL),
        lambda: gallery.delete(collection, "ada", CALL),
        lambda: gallery.delete(collection, "ada", CALL, request_id="r", expected_version=3),
        lambda: gallery.similarity(collection, "ada", vector(1), CALL),
    ):
        expected = no_user("ada") if known else no_user_there("ada", collection)
        assert refusal(call) == expected


def test_unknown_collection(gallery: OpenGallery, collection: str) -> None:
    """An unknown collection or alias is COLLECTION_NOT_FOUND with its name, for every call."""
    for call in (
        lambda: gallery.delete_collection(collection, CALL),
        lambda: gallery.set_alias("people", collection, CALL),
        lambda: gallery.delete_alias(collection, CALL),
        lambda: list(gallery.export_users(collection, CALL)),
    ):
        assert refusal(call) == no_collection(collection)


def test_alias_does_not_hide_a_collection(gallery: OpenGallery, collection: str) -> None:
    """An alias with the name of a collection is refused."""
    other = new_collection()
    for name in (collection, other):
        gallery.enroll(face("ada", 1, collection=name), CALL)
    assert refusal(lambda: gallery.set_alias(other, collection, CALL)) == Payload(
        "INVALID_FIELD", "The alias is the name of a collection.", "alias", {"alias": other}
    )


def test_collection_with_aliases_is_not_deleted(gallery: OpenGallery, collection: str) -> None:
    """A collection with aliases cannot be deleted, and its aliases are told."""
    gallery.enroll(face("ada", 1, collection=collection), CALL)
    first, second = f"{collection}-b", f"{collection}-a"
    for alias in (first, second):
        gallery.set_alias(alias, collection, CALL)
    assert refusal(lambda: gallery.delete_collection(collection, CALL)) == Payload(
        "INVALID_FIELD",
        f"The aliases {second}, {first} lead to this collection. Point them to another one, or"
        " delete them, first.",
        "collection",
        {"aliases": f"{second},{first}"},
    )
    assert gallery.get(first, "ada", CALL).samples == 1


@pytest.mark.parametrize("token", ["x", "u1:bob", "dTI6Ym9i", "dTE6/w==", "é"])
def test_foreign_page_token(gallery: OpenGallery, collection: str, token: str) -> None:
    """A page token that no listing gave out names its field."""
    gallery.enroll(face("bob", 2, collection=collection), CALL)
    assert refusal(lambda: gallery.list_users(collection, 10, token, CALL)) == Payload(
        "INVALID_FIELD", "page_token is not one that this listing gave out.", "page_token", {}
    )


@needs(Capability.MIN_VERSION)
def test_version_that_does_not_come(gallery: OpenGallery, collection: str) -> None:
    """A read whose min_version does not come is STORE_UNAVAILABLE with both versions."""
    gallery.enroll(face("ada", 1, collection=collection), CALL)
    reads: list[Callable[[], Any]] = [
        lambda: gallery.get(collection, "ada", Call(0.05), min_version=2),
        lambda: gallery.list_users(collection, 5, "", Call(0.05), min_version=2),
        lambda: gallery.similarity(collection, "ada", vector(1), Call(0.05), min_version=2),
        lambda: gallery.search(query(collection, vector(1), 5, 0.45, min_version=2), Call(0.05)),
    ]
    for read in reads:
        assert refusal(read) == Payload(
            "STORE_UNAVAILABLE",
            "The collection has not reached min_version.",
            "",
            {"min_version": "2", "version": "1"},
        )


def test_ended_call_writes_nothing(gallery: OpenGallery, collection: str) -> None:
    """A call that has ended writes nothing and uses no version."""
    receipt = gallery.enroll(face("bob", 1, collection=collection), CALL)
    ended = Call()
    ended.cancel()
    for call in (
        lambda: gallery.enroll(face("ada", 1, collection=collection), ended),
        lambda: gallery.delete(collection, "bob", ended),
        lambda: gallery.delete_collection(collection, ended),
        lambda: gallery.set_alias("people", collection, ended),
    ):
        assert refusal(call) == ENDED
    again = gallery.enroll(face("bob", 1, collection=collection), CALL)
    assert again.version == receipt.version + 1
    assert gallery.list_users(collection, 5, "", CALL).total == 1


def test_closed_gallery_refuses_writes(open_own: Opener) -> None:
    """A closed gallery refuses writes at once."""
    gallery = open_own()
    gallery.enroll(face("ada", 1), CALL)
    gallery.close()
    assert refusal(lambda: gallery.enroll(face("bob", 2), CALL)) == CLOSED
    assert refusal(lambda: gallery.delete("staff", "ada", CALL)) == CLOSED
    assert refusal(lambda: gallery.delete_collection("staff", CALL)) == CLOSED


@needs(Capability.READS_WHEN_CLOSED)
def test_closed_gallery_answers_reads(open_own: Opener) -> None:
    """A closed gallery goes on answering reads."""
    gallery = open_own()
    gallery.enroll(face("ada", 1), CALL)
    gallery.close()
    assert gallery.similarity("staff", "ada", vector(1), CALL) == 1.0


@needs(Capability.DURABLE)
def test_gallery_of_another_recognizer(open_own: Opener) -> None:
    """A gallery that another recognizer made is refused at the start, and left as it is."""
    first = open_own()
    first.enroll(face("ada", 1), CALL)
    first.close()
    assert refusal(lambda: open_own(recognizer=OTHER_DIGEST)) == Payload(
        "MODEL_MISMATCH",
        "The gallery was made by the recognizer aaaaaaaaaaaaaaaa..., but bbbbbbbbbbbbbbbb... is"
        " loaded: their embeddings cannot be compared. Nothing was changed. Either set MODEL_PACK"
        " to the pack that made the gallery, or re-enrol the photos with `facesvc gallery"
        " reembed`, or name another gallery by GALLERY_PATH or REDIS_URL.",
        "",
        {"gallery": DIGEST, "loaded": OTHER_DIGEST},
    )
    assert open_own().get("staff", "ada", CALL).samples == 1


@needs(Capability.FOREIGN)
def test_collection_of_another_recognizer(open_own: Opener) -> None:
    """Every call that names another recognizer's collection is MODEL_MISMATCH with both digests."""
    first = open_own()
    first.enroll(face("ada", 1), CALL)
    first.close()
    second = open_own(recognizer=OTHER_DIGEST, beside_foreign=True)
    calls: list[Callable[[], Any]] = [
        lambda: second.enroll(face("bob", 2), CALL),
        lambda: second.delete("staff", "ada", CALL),
        lambda: second.get("staff", "ada", CALL),
        lambda: second.list_users("staff", 5, "", CALL),
        lambda: second.similarity("staff", "ada", vector(1), CALL),
        lambda: second.search(query("staff", vector(1), 5, -1), CALL),
        lambda: second.set_alias("people", "staff", CALL),
        lambda: list(second.export_users("staff", CALL)),
    ]
    for call in calls:
        assert refusal(call) == foreign("staff")


@needs(Capability.FOREIGN)
def test_foreign_collection_fails_its_own_items_only(open_own: Opener) -> None:
    """An enrolment into another recognizer's collection fails alone in its batch."""
    first = open_own()
    first.enroll(face("ada", 1), CALL)
    first.close()
    second = open_own(recognizer=OTHER_DIGEST, beside_foreign=True)
    results = second.enroll_many(
        [face("ada", 1, collection="guests"), face("bob", 2), face("eve", 3, collection="guests")],
        CALL,
    )
    assert [isinstance(one, WriteReceipt) for one in results] == [True, False, True]
    assert Payload.of(results[1]) == foreign("staff")  # type: ignore[arg-type]
    assert second.list_users("guests", 5, "", CALL).total == 2
