"""What reads promise: search, similarity, users, listings, exports, counts."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.domain.embedding import InvalidEmbeddingError
from facesvc.domain.errors import UserNotFoundError
from facesvc.domain.faces import BoundingBox
from facesvc.domain.gallery import EnrollMode, Match, Origin, SearchResult, UserPage, WriteReceipt
from facesvc.domain.sample_facts import NO_FACTS, SampleFacts, SampleSource
from tests.conformance.capabilities import Capability, needs
from tests.conformance.conftest import new_collection
from tests.conformance.implementations import OpenGallery
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, query, vector

HALF = 5e-4  # what half precision may cost a similarity
NOT_EMBEDDINGS = {
    "nan": np.full(512, np.nan, np.float32),
    "zero": np.zeros(512, np.float32),
    "unnormalised": vector(1) * 2,
    "short": vector(1)[:128],
    "infinite": np.full(512, np.inf, np.float32),
    "matrix": np.eye(512, dtype=np.float32),
}


def matches(gallery: OpenGallery, collection: str, seed: int, **fields: float) -> list[Match]:
    """Search for a face; five users from the usual threshold on, unless told otherwise."""
    values = {"top_k": 5, "threshold": 0.45, **fields}
    asked = query(collection, vector(seed), int(values["top_k"]), values["threshold"])
    return gallery.search(asked, CALL).first


def test_enrolled_user_is_found_and_read_back(gallery: OpenGallery, collection: str) -> None:
    """An enrolled user is found by its face, with its name, and read back with its metadata."""
    before = datetime.now(UTC)
    enrolment = face("ada", 1, collection=collection, name="Ada", metadata={"team": ["x", 1]})
    receipt = gallery.enroll(enrolment, CALL)
    assert receipt == WriteReceipt(1, receipt.sample_id, 1, 0)
    (match,) = matches(gallery, collection, 1)
    assert (match.user_id, match.name) == ("ada", "Ada")
    assert match.similarity == pytest.approx(1.0, abs=HALF)
    user = gallery.get(collection, "ada", CALL)
    assert (user.user_id, user.name, user.metadata) == ("ada", "Ada", {"team": ["x", 1]})
    assert (user.samples, user.version) == (1, 1)
    assert user.created_at == user.updated_at
    assert user.created_at.tzinfo is not None
    assert before.year <= user.created_at.year + 1


@needs(Capability.EXACT)
def test_similarities_are_exact(gallery: OpenGallery, collection: str) -> None:
    """A similarity is the cosine in float32, and an enrolled face's own is 1."""
    gallery.enroll(face("ada", 1, collection=collection), CALL)
    gallery.enroll(face("bob", 2, collection=collection), CALL)
    probe = vector(1) + vector(2) * np.float32(0.3)
    probe /= np.linalg.norm(probe)
    found = gallery.search(query(collection, probe, 5, -1.0), CALL).first
    for match, seed in zip(found, (1, 2), strict=True):
        exact = float(np.dot(vector(seed).astype(np.float64), probe.astype(np.float64)))
        assert match.similarity == pytest.approx(exact, abs=1e-7)
        assert gallery.similarity(collection, match.user_id, probe, CALL) == match.similarity
    assert matches(gallery, collection, 1)[0].similarity == 1.0


def test_best_sample_of_a_user_counts(gallery: OpenGallery, collection: str) -> None:
    """A user appears once in a search, with the best of its samples."""
    for seed in (1, 2):
        gallery.enroll(face("ada", seed, collection=collection, mode=EnrollMode.ADD), CALL)
    both = vector(1) + vector(2)
    both /= np.linalg.norm(both)
    found = gallery.search(query(collection, both, 5, -1.0), CALL).first
    assert [match.user_id for match in found] == ["ada"]
    best = max(float(both @ vector(seed)) for seed in (1, 2))
    assert found[0].similarity == pytest.approx(best, abs=HALF)
    assert gallery.similarity(collection, "ada", both, CALL) == pytest.approx(best, abs=HALF)


def test_search_obeys_top_k_and_threshold(gallery: OpenGallery, collection: str) -> None:
    """A search gives top_k users at most, from the threshold on, the best first."""
    gallery.enroll_many([face(f"u{n}", n, collection=collection) for n in range(40)], CALL)
    everybody = matches(gallery, collection, 3, top_k=100, threshold=-1.0)
    assert len(everybody) == 40
    assert everybody[0].user_id == "u3"
    scores = [match.similarity for match in everybody]
    assert scores == sorted(scores, reverse=True)
    assert matches(gallery, collection, 3, top_k=7, threshold=-1.0) == everybody[:7]
    limit = (scores[9] + scores[10]) / 2
    assert matches(gallery, collection, 3, top_k=100, threshold=limit) == everybody[:10]


def test_equal_similarities_are_in_order_of_user_id(gallery: OpenGallery, collection: str) -> None:
    """Users with equal similarities are in order of user_id."""
    users = ["eve", "ada", "Zoe", "bob"]
    gallery.enroll_many([face(user, 1, collection=collection) for user in users], CALL)
    found = matches(gallery, collection, 1)
    assert [match.user_id for match in found] == sorted(users)
    assert [match.user_id for match in matches(gallery, collection, 1, top_k=2)] == ["Zoe", "ada"]


def test_replaced_and_deleted_faces_are_not_found(gallery: OpenGallery, collection: str) -> None:
    """A face that was replaced or deleted is found by nothing."""
    gallery.enroll(face("ada", 1, collection=collection), CALL)
    gallery.enroll(face("ada", 2, collection=collection), CALL)
    assert matches(gallery, collection, 1) == []
    assert [match.user_id for match in matches(gallery, collection, 2)] == ["ada"]
    gallery.delete(collection, "ada", CALL)
    assert matches(gallery, collection, 2) == []
    with pytest.raises(UserNotFoundError):
        gallery.similarity(collection, "ada", vector(2), CALL)


def test_several_probes_are_searched_at_once(gallery: OpenGallery, collection: str) -> None:
    """A search for several probes gives each its own answer."""
    gallery.enroll_many([face(f"u{n}", n, collection=collection) for n in range(40)], CALL)
    probes = np.stack([vector(n) for n in range(0, 100, 7)])
    many = gallery.search(query(collection, probes, 3, -1.0), CALL)
    single = [gallery.search(query(collection, one, 3, -1.0), CALL).first for one in probes]
    assert (many.of_probes, many.missing) == (single, ())


def test_partial_answer_of_a_whole_gallery_misses_nothing(
    gallery: OpenGallery, collection: str
) -> None:
    """allow_partial changes nothing while every server answers."""
    gallery.enroll_many([face(f"u{n}", n, collection=collection) for n in range(9)], CALL)
    asked = query(collection, vector(1), 9, -1.0, allow_partial=True)
    whole = gallery.search(query(collection, vector(1), 9, -1.0), CALL)
    assert gallery.search(asked, CALL) == whole


def test_unknown_collection_is_empty(gallery: OpenGallery, collection: str) -> None:
    """A collection that nobody enrolled into has no matches and no users, and is not known."""
    probes = np.stack([vector(1), vector(2)])
    found = gallery.search(query(collection, probes, 5, -1.0), CALL)
    assert (found.of_probes, found.known) == ([[], []], False)
    page = gallery.list_users(collection, 5, "", CALL)
    assert (page.users, page.total, page.next_page_token, page.known) == ([], 0, "", False)
    assert not gallery.knows(collection)


def test_known_collection_is_told_from_an_unknown_one(
    gallery: OpenGallery, collection: str
) -> None:
    """A collection where nobody matches or is left is known, by each of its names; a deleted one
    is not.
    """
    alias = f"{collection}-alias"
    gallery.enroll(face("ada", 1, collection=collection), CALL)
    gallery.set_alias(alias, collection, CALL)
    assert gallery.knows(alias)
    for name in (collection, alias):
        assert gallery.search(query(name, vector(2), 5, 0.9), CALL) == SearchResult([[]])
    gallery.delete(collection, "ada", CALL)
    for name in (collection, alias):
        assert gallery.search(query(name, vector(1), 5, -1.0), CALL) == SearchResult([[]])
        assert gallery.list_users(name, 5, "", CALL) == UserPage([], 0, "")
    gallery.delete_alias(alias, CALL)
    gallery.delete_collection(collection, CALL)
    for name in (collection, alias):
        assert not gallery.search(query(name, vector(1), 5, -1.0), CALL).known
        assert not gallery.list_users(name, 5, "", CALL).known
        assert not gallery.knows(name)


def test_collections_are_isolated(gallery: OpenGallery, collection: str) -> None:
    """The same user_id in two collections is two users, with versions of their own."""
    other = new_collection()
    gallery.enroll(face("ada", 1, collection=collection), CALL)
    assert gallery.enroll(face("ada", 2, collection=other), CALL).version == 1
    assert matches(gallery, other, 1) == []
    gallery.delete(collection, "ada", CALL)
    assert gallery.get(other, "ada", CALL).samples == 1
    assert matches(gallery, other, 2)[0].user_id == "ada"


@pytest.mark.parametrize("embedding", NOT_EMBEDDINGS.values(), ids=NOT_EMBEDDINGS)
def test_what_is_no_embedding_is_never_stored(
    gallery: OpenGallery, collection: str, embedding: NDArray[np.float32]
) -> None:
    """What is no unit vector of 512 finite numbers is neither stored nor searched for."""
    gallery.enroll(face("bob", 2, collection=collection), CALL)
    broken = face("ada", embedding=embedding, collection=collection)
    with pytest.raises(InvalidEmbeddingError):
        gallery.enroll(broken, CALL)
    with pytest.raises(InvalidEmbeddingError):
        gallery.enroll_many([face("eve", 1, collection=collection), broken], CALL)
    if embedding.ndim == 1:  # a search may have many probes
        with pytest.raises(InvalidEmbeddingError):
            gallery.search(query(collection, embedding, 5, 0.4), CALL)
    exported = [one.user.user_id for one in gallery.export_users(collection, CALL)]
    assert exported == ["bob"]


def test_created_at_is_of_the_first_enrolment(gallery: OpenGallery, collection: str) -> None:
    """created_at is of a user's first enrolment, updated_at of its last write."""
    gallery.enroll(face("ada", 1, collection=collection), CALL)
    created = gallery.get(collection, "ada", CALL).created_at
    gallery.enroll(face("ada", 2, collection=collection, mode=EnrollMode.ADD), CALL)
    gallery.enroll(face("ada", 3, collection=collection), CALL)
    user = gallery.get(collection, "ada", CALL)
    assert user.created_at == created < user.updated_at
    gallery.delete(collection, "ada", CALL)
    gallery.enroll(face("ada", 1, collection=collection), CALL)
    assert gallery.get(collection, "ada", CALL).created_at > created


def test_import_keeps_the_times_of_the_first_enrolment(
    gallery: OpenGallery, collection: str
) -> None:
    """An import keeps the times of a new user and its sample, not those of a user that exists."""
    origin = Origin(datetime(2020, 1, 2, 3, 4, 5, 678901, UTC), datetime(2019, 1, 2, tzinfo=UTC))
    gallery.enroll(face("ada", 1, collection=collection, origin=origin), CALL)
    (exported,) = gallery.export_users(collection, CALL)
    assert exported.user.created_at == origin.user_created_at
    assert exported.samples[0].created_at == origin.sample_created_at
    gallery.enroll(face("bob", 1, collection=collection), CALL)
    gallery.enroll(face("bob", 1, collection=collection, origin=origin), CALL)
    assert gallery.get(collection, "bob", CALL).created_at > origin.user_created_at


def test_listing_pages_through_all_users_in_order(gallery: OpenGallery, collection: str) -> None:
    """Pages join to all users, each once, in user_id order, with an empty token at the end."""
    users = [f"u{number:03}" for number in range(25)] + ["Ünal", "a/b c", "ß{x}:"]
    faces = [face(user, 1, collection=collection) for user in reversed(users)]
    gallery.enroll_many(faces, CALL)
    seen, token = [], ""
    while True:
        page = gallery.list_users(collection, 10, token, CALL)
        assert page.total == len(users)
        seen += page.users
        token = page.next_page_token
        if not token:
            break
    assert [user.user_id for user in seen] == sorted(users)
    assert seen == [gallery.get(collection, user, CALL) for user in sorted(users)]
    assert gallery.list_users(collection, len(users), "", CALL).next_page_token == ""


def test_export_gives_users_with_their_samples(gallery: OpenGallery, collection: str) -> None:
    """An export gives users in user_id order, with their samples, the oldest first."""
    gallery.enroll(face("bob", 2, collection=collection, quality=0.5), CALL)
    first = gallery.enroll(face("ada", 1, collection=collection, name="Ada"), CALL)
    gallery.enroll(face("ada", 3, collection=collection, mode=EnrollMode.ADD), CALL)
    exported = list(gallery.export_users(collection, CALL))
    users = [gallery.get(collection, user, CALL) for user in ("ada", "bob")]
    assert [one.user for one in exported] == users
    ada, bob = exported
    assert ada.samples[0].sample_id == first.sample_id
    assert [sample.version for sample in ada.samples] == [first.version, ada.user.version]
    for sample, seed in zip((*ada.samples, *bob.samples), (1, 3, 2), strict=True):
        np.testing.assert_allclose(sample.embedding, vector(seed), atol=2e-4)
        assert (sample.collection, sample.recognizer) == (collection, DIGEST)
    assert (ada.samples[0].name, bob.samples[0].quality) == ("Ada", 0.5)


def test_samples_are_told_with_what_is_known_of_them(gallery: OpenGallery, collection: str) -> None:
    """A user's samples tell source, box and recognizability, and that they are not known."""
    photo = SampleFacts(SampleSource.PHOTO, 0.75, BoundingBox(10, 20, 110, 140))
    given = SampleFacts(SampleSource.EMBEDDING)
    for seed, facts in enumerate((photo, given, NO_FACTS)):
        mode = EnrollMode.ADD
        last = gallery.enroll(
            face("ada", seed, collection=collection, mode=mode, quality=seed / 4, facts=facts), CALL
        )
    gallery.enroll(face("bob", 9, collection=collection, facts=photo), CALL)
    enrolled = gallery.enrolled(collection, "ada", CALL, min_version=last.version)
    assert enrolled.user == gallery.get(collection, "ada", CALL)
    assert [sample.facts for sample in enrolled.samples] == [photo, given, NO_FACTS]
    assert [sample.quality for sample in enrolled.samples] == [0.0, 0.25, 0.5]
    assert enrolled.samples[2].sample_id == last.sample_id
    (exported, _) = gallery.export_users(collection, CALL)
    assert [sample.facts for sample in exported.samples] == [photo, given, NO_FACTS]
    with pytest.raises(UserNotFoundError):
        gallery.enrolled(collection, "eve", CALL)


@needs(Capability.EXACT)
def test_exported_embeddings_are_those_enrolled(gallery: OpenGallery, collection: str) -> None:
    """Exported embeddings are bit for bit what was enrolled."""
    gallery.enroll(face("ada", 1, collection=collection), CALL)
    (exported,) = gallery.export_users(collection, CALL)
    assert np.array_equal(exported.samples[0].embedding, vector(1))


def test_export_goes_on_after_a_user(gallery: OpenGallery, collection: str) -> None:
    """An export goes on after any user_id, over many users."""
    users = [f"u{number:03}" for number in range(150)]
    gallery.enroll_many([face(user, 1, collection=collection) for user in users], CALL)
    exported = gallery.export_users(collection, CALL, after_user_id="u070x")
    assert [one.user.user_id for one in exported] == users[71:]


def test_batch_has_a_result_for_each_enrolment(gallery: OpenGallery, collection: str) -> None:
    """A batch has one result an enrolment, in order: some may be refused, the others stored."""
    enrolments = [
        face("a", 1, collection=collection),
        face("a", 2, collection=collection, expected_version=0),
        face("b", 3, collection=collection),
        face("a", 4, collection=collection),
    ]
    results = gallery.enroll_many(enrolments, CALL)
    assert [isinstance(one, WriteReceipt) for one in results] == [True, False, True, True]
    assert gallery.get(collection, "a", CALL).version == results[3].version  # type: ignore[union-attr]
    assert gallery.enroll_many([], CALL) == []


def test_large_batch_is_stored_whole(gallery: OpenGallery, collection: str) -> None:
    """A batch of 300 enrolments is stored in order."""
    results = gallery.enroll_many(
        [face(f"u{n}", n, collection=collection) for n in range(300)], CALL
    )
    assert all(isinstance(one, WriteReceipt) for one in results)
    assert gallery.list_users(collection, 1, "", CALL).total == 300
    assert matches(gallery, collection, 299)[0].user_id == "u299"


@needs(Capability.MIN_VERSION)
def test_read_waits_for_its_version(gallery: OpenGallery, collection: str) -> None:
    """A read with min_version sees that write."""
    receipt = gallery.enroll(face("ada", 1, collection=collection), CALL)
    version = receipt.version
    assert gallery.get(collection, "ada", CALL, min_version=version).version == version
    asked = query(collection, vector(1), 5, 0.45, min_version=version)
    assert gallery.search(asked, Call(5.0)).first[0].user_id == "ada"
    with pytest.raises(Exception, match="min_version"):
        gallery.get(collection, "ada", Call(0.05), min_version=version + 1)


@needs(Capability.COUNTS_AT_ONCE)
def test_counts_follow_every_write(gallery: OpenGallery, collection: str) -> None:
    """Status counts collections, users and samples with every write."""
    before = gallery.status()
    assert (before.state, before.staleness_s) == ("ok", 0.0)
    for seed in (1, 2):
        gallery.enroll(face("ada", seed, collection=collection, mode=EnrollMode.ADD), CALL)
    gallery.enroll(face("bob", 3, collection=collection), CALL)
    after = gallery.status()
    assert after.collections == before.collections + 1
    assert (after.users, after.samples) == (before.users + 2, before.samples + 3)
    gallery.delete(collection, "ada", CALL)
    assert gallery.status().users == before.users + 1
    assert gallery.status().samples == before.samples + 1
