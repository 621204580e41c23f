"""What a gallery promises, over every store of this process."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.domain.embedding import InvalidEmbeddingError
from facesvc.domain.errors import (
    CallEndedError,
    CollectionNotFoundError,
    InvalidFieldError,
    StoreUnavailableError,
    UserNotFoundError,
    VersionConflictError,
)
from facesvc.domain.gallery import (
    MAX_SAMPLES_PER_USER,
    EnrollMode,
    Origin,
    WriteReceipt,
)
from facesvc.gallery.indexed_gallery import IndexedGallery
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, query, vector


def test_enrolled_user_is_found_with_its_name(gallery: IndexedGallery) -> None:
    """Enrol, search, get."""
    receipt = gallery.enroll(face("ada", 1, name="Ada", metadata={"team": ["x", 1]}), CALL)
    assert (receipt.version, receipt.samples, receipt.removed) == (1, 1, 0)
    (match,) = gallery.search(query("staff", vector(1), 5, 0.45, min_version=1), CALL).first
    assert (match.user_id, match.name, match.similarity) == ("ada", "Ada", 1.0)
    user = gallery.get("staff", "ada", CALL)
    assert (user.metadata, user.samples, user.version) == ({"team": ["x", 1]}, 1, 1)


def test_replace_removes_earlier_samples_and_keeps_created_at(gallery: IndexedGallery) -> None:
    """REPLACE is the default; the user's created_at survives it."""
    gallery.enroll(face("ada", 1), CALL)
    created = gallery.get("staff", "ada", CALL).created_at
    gallery.enroll(face("ada", 2, mode=EnrollMode.ADD), CALL)
    receipt = gallery.enroll(face("ada", 3), CALL)
    assert (receipt.version, receipt.samples, receipt.removed) == (3, 1, 2)
    user = gallery.get("staff", "ada", CALL)
    assert user.created_at == created < user.updated_at
    assert gallery.search(query("staff", vector(1), 5, 0.45), CALL).first == []
    assert gallery.similarity("staff", "ada", vector(3), CALL) == 1.0


def test_add_keeps_samples_and_the_name_that_is_not_given(gallery: IndexedGallery) -> None:
    """The best of several samples counts, and the user appears once."""
    gallery.enroll(face("ada", 1, name="Ada", metadata={"a": 1}), CALL)
    gallery.enroll(face("ada", 2, mode=EnrollMode.ADD), CALL)
    user = gallery.get("staff", "ada", CALL)
    assert (user.name, user.metadata, user.samples) == ("Ada", {"a": 1}, 2)
    both = vector(1) + vector(2)
    both /= np.linalg.norm(both)
    assert [m.user_id for m in gallery.search(query("staff", both, 5, 0.45), CALL).first] == ["ada"]
    gallery.enroll(face("ada", 3, mode=EnrollMode.ADD, name="Ada L."), CALL)
    assert gallery.get("staff", "ada", CALL).name == "Ada L."


def test_samples_of_a_user_are_bounded(gallery: IndexedGallery) -> None:
    """One more than the most is an invalid mode, and stores nothing."""
    for seed in range(MAX_SAMPLES_PER_USER):
        gallery.enroll(face("ada", seed, mode=EnrollMode.ADD), CALL)
    with pytest.raises(InvalidFieldError) as caught:
        gallery.enroll(face("ada", 99, mode=EnrollMode.ADD), CALL)
    assert caught.value.field == "mode"
    assert gallery.get("staff", "ada", CALL).samples == MAX_SAMPLES_PER_USER
    assert gallery.enroll(face("ada", 1), CALL).samples == 1


def test_delete_removes_every_sample(gallery: IndexedGallery) -> None:
    """A deleted user is found by nothing, and enrolling it anew starts afresh."""
    gallery.enroll(face("ada", 1), CALL)
    gallery.enroll(face("ada", 2, mode=EnrollMode.ADD), CALL)
    assert gallery.delete("staff", "ada", CALL) == WriteReceipt(3, removed=2)
    assert gallery.search(query("staff", vector(1), 5, 0.45), CALL).first == []
    for read in (gallery.get, gallery.delete):
        with pytest.raises(UserNotFoundError):
            read("staff", "ada", CALL)
    with pytest.raises(UserNotFoundError):
        gallery.similarity("staff", "ada", vector(1), CALL)
    assert gallery.enroll(face("ada", 4), CALL) == WriteReceipt(
        4, gallery.export_users("staff", CALL).__next__().samples[0].sample_id, 1, 0
    )


def test_collections_are_isolated(gallery: IndexedGallery) -> None:
    """The same user_id in two collections is two users; versions count apart."""
    gallery.enroll(face("ada", 1), CALL)
    assert gallery.enroll(face("ada", 2, collection="guests"), CALL).version == 1
    assert gallery.search(query("guests", vector(1), 5, 0.45), CALL).first == []
    assert gallery.search(query("nowhere", vector(1), 5, 0.45), CALL).first == []
    assert gallery.list_users("nowhere", 5, "", CALL).total == 0
    gallery.delete("staff", "ada", CALL)
    assert gallery.get("guests", "ada", CALL).samples == 1
    names = [(c.name, c.version, c.users, c.recognizer) for c in gallery.list_collections()]
    assert names == [("guests", 1, 1, DIGEST), ("staff", 2, 0, DIGEST)]


def test_retried_write_gives_the_same_receipt_and_one_version(gallery: IndexedGallery) -> None:
    """Five times the same request_id, enrolment and deletion alike."""
    receipts = [gallery.enroll(face("ada", 1, request_id="r1"), CALL) for _ in range(5)]
    assert receipts == [receipts[0]] * 5
    deleted = [gallery.delete("staff", "ada", CALL, request_id="r2") for _ in range(5)]
    assert deleted == [WriteReceipt(2, removed=1)] * 5
    assert gallery.enroll(face("ada", 1, request_id="r1"), CALL) == receipts[0]
    assert gallery.status().users == 0
    assert gallery.enroll(face("ada", 1, request_id="r1", collection="b"), CALL).version == 1


def test_request_id_of_another_write_is_refused(gallery: IndexedGallery) -> None:
    """A request_id names one write: not another user's, nor a deletion."""
    gallery.enroll(face("ada", 1, request_id="r1"), CALL)
    with pytest.raises(InvalidFieldError, match="request_id"):
        gallery.enroll(face("bob", 1, request_id="r1"), CALL)
    with pytest.raises(InvalidFieldError, match="request_id"):
        gallery.delete("staff", "ada", CALL, request_id="r1")


def test_expected_version_must_be_the_users(gallery: IndexedGallery) -> None:
    """0 means that the user must not exist; other users' writes do not count."""
    gallery.enroll(face("ada", 1, expected_version=0), CALL)
    gallery.enroll(face("bob", 2), CALL)
    for expected in (0, 2):
        with pytest.raises(VersionConflictError) as caught:
            gallery.enroll(face("ada", 3, expected_version=expected), CALL)
        assert caught.value.metadata == {"expected": str(expected), "actual": "1"}
        with pytest.raises(VersionConflictError):
            gallery.delete("staff", "ada", CALL, expected_version=expected)
    assert gallery.enroll(face("ada", 3, expected_version=1), CALL).version == 3
    assert gallery.delete("staff", "ada", CALL, expected_version=3).version == 4


def test_bulk_enrolment_reports_each_item(gallery: IndexedGallery) -> None:
    """Items succeed and fail on their own, in order."""
    results = gallery.enroll_many(
        [face("a", 1), face("a", 2, expected_version=0), face("b", 3), face("a", 4)], CALL
    )
    assert isinstance(results[1], VersionConflictError)
    versions = [r.version for r in results if isinstance(r, WriteReceipt)]
    assert versions == [1, 2, 3]
    assert gallery.status().samples == 2


@pytest.mark.parametrize(
    "embedding",
    [
        np.full(512, np.nan, np.float32),
        np.zeros(512, np.float32),
        vector(1) * 2,
        vector(1)[:128],
        np.full(512, np.inf, np.float32),
        np.eye(512, dtype=np.float32),
    ],
    ids=["nan", "zero", "unnormalised", "short", "infinite", "matrix"],
)
def test_what_is_no_embedding_is_never_stored(
    gallery: IndexedGallery, embedding: NDArray[np.float32]
) -> None:
    """A broken recognizer is a fault of the service and leaves no row."""
    gallery.enroll(face("bob", 2), CALL)
    with pytest.raises(InvalidEmbeddingError):
        gallery.enroll(face("ada", embedding=embedding), CALL)
    with pytest.raises(InvalidEmbeddingError):
        gallery.enroll_many([face("eve", 1), face("ada", embedding=embedding)], CALL)
    with pytest.raises(InvalidEmbeddingError):
        gallery.search(query("staff", embedding[np.newaxis], 5, 0.4), CALL)
    assert [u.user.user_id for u in gallery.export_users("staff", CALL)] == ["bob"]
    assert gallery.status().samples == 1


def test_listing_pages_through_all_users_in_order(gallery: IndexedGallery) -> None:
    """Every user once, in user_id order, with an empty token at the end."""
    users = [f"u{number:03}" for number in range(25)] + ["Ünal", "a/b c"]
    gallery.enroll_many([face(user, 1) for user in reversed(users)], CALL)
    seen, token = [], ""
    while True:
        page = gallery.list_users("staff", 10, token, CALL)
        assert page.total == len(users)
        seen += [user.user_id for user in page.users]
        token = page.next_page_token
        if not token:
            break
    assert seen == sorted(users)
    assert gallery.list_users("staff", 27, "", CALL).next_page_token == ""


@pytest.mark.parametrize("token", ["x", "u1:bob", "dTI6Ym9i", "dTE6/w==", "é"])
def test_foreign_page_token_is_refused(gallery: IndexedGallery, token: str) -> None:
    """A token that no listing gave out names its field."""
    gallery.enroll(face("bob", 2), CALL)
    with pytest.raises(InvalidFieldError) as caught:
        gallery.list_users("staff", 10, token, CALL)
    assert caught.value.field == "page_token"


def test_read_of_a_version_that_does_not_come_is_unavailable(gallery: IndexedGallery) -> None:
    """min_version waits no longer than the call's deadline."""
    gallery.enroll(face("ada", 1), CALL)
    assert gallery.get("staff", "ada", CALL, min_version=1).samples == 1
    with pytest.raises(StoreUnavailableError):
        gallery.get("staff", "ada", Call(0.05), min_version=2)


def test_ended_call_writes_nothing(gallery: IndexedGallery) -> None:
    """Nobody waits for the answer: no version is used."""
    ended = Call()
    ended.cancel()
    with pytest.raises(CallEndedError):
        gallery.enroll(face("ada", 1), ended)
    assert gallery.enroll(face("bob", 1), CALL).version == 1
    assert gallery.status().users == 1


def test_batched_search_equals_single_searches(gallery: IndexedGallery) -> None:
    """One pass over the gallery gives each probe its own answer."""
    gallery.enroll_many([face(f"u{n}", n) for n in range(40)], CALL)
    probes = np.stack([vector(n) for n in range(0, 100, 7)])
    many = gallery.search(query("staff", probes, 3, -1.0), CALL).of_probes
    assert many == [gallery.search(query("staff", probe, 3, -1.0), CALL).first for probe in probes]
    assert gallery.search(query("nowhere", probes, 3, -1.0), CALL).of_probes == [[] for _ in probes]


def test_export_gives_users_with_samples_in_order(gallery: IndexedGallery) -> None:
    """The embeddings come back bit for bit, and an export can go on after a user."""
    gallery.enroll(face("bob", 2, quality=0.5), CALL)
    gallery.enroll(face("ada", 1, name="Ada"), CALL)
    gallery.enroll(face("ada", 3, mode=EnrollMode.ADD), CALL)
    exported = list(gallery.export_users("staff", CALL))
    assert [one.user for one in exported] == [
        gallery.get("staff", user, CALL) for user in ("ada", "bob")
    ]
    assert [s.version for s in exported[0].samples] == [2, 3]
    assert np.array_equal(exported[0].samples[0].embedding, vector(1))
    assert (exported[1].samples[0].quality, exported[1].samples[0].recognizer) == (0.5, DIGEST)
    assert [o.user.user_id for o in gallery.export_users("staff", CALL, after_user_id="ada")] == [
        "bob"
    ]
    with pytest.raises(CollectionNotFoundError):
        list(gallery.export_users("nowhere", CALL))


def test_import_keeps_the_first_enrolments_times(gallery: IndexedGallery) -> None:
    """An origin sets a new user's created_at and the sample's, not an old user's."""
    origin = Origin(datetime(2020, 1, 2, tzinfo=UTC), datetime(2019, 1, 2, tzinfo=UTC))
    gallery.enroll(face("ada", 1, origin=origin), CALL)
    (exported,) = gallery.export_users("staff", CALL)
    assert exported.user.created_at == origin.user_created_at
    assert exported.samples[0].created_at == origin.sample_created_at
    gallery.enroll(face("bob", 1), CALL)
    gallery.enroll(face("bob", 1, origin=origin), CALL)
    assert gallery.get("staff", "bob", CALL).created_at > origin.user_created_at


def test_closed_gallery_refuses_writes_and_answers_reads(gallery: IndexedGallery) -> None:
    """Calls that are late for the shutdown get an error, and do not wait for ever."""
    gallery.enroll(face("ada", 1), CALL)
    gallery.close()
    with pytest.raises(StoreUnavailableError):
        gallery.enroll(face("bob", 2), CALL)
    assert gallery.similarity("staff", "ada", vector(1), CALL) == 1.0
