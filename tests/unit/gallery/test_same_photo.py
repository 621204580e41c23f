"""A photo is as similar to itself as can be, whatever rounding does to its embedding."""

from __future__ import annotations

import numpy as np

from facesvc.domain.gallery import SearchQuery
from facesvc.domain.similarity import cosine_similarity, is_match
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.memory import MemoryStore
from tests.unit.gallery.gallery_fixtures import CALL, face

PEOPLE = 300


def test_same_embedding_reaches_the_threshold_of_1() -> None:
    """Compared, searched and verified: 1, and a match, for each of 300 embeddings."""
    gallery = IndexedGallery(MemoryStore(recognizer="m"))
    gallery.open()
    enrolled = [face(f"u{number:03}", number) for number in range(PEOPLE)]
    gallery.enroll_many(enrolled, CALL)
    below_1 = 0
    for each in enrolled:
        probe = each.embedding
        below_1 += float(np.dot(probe, probe)) < 1.0
        assert cosine_similarity(probe, probe) == 1.0
        query = SearchQuery(each.collection, probe[np.newaxis], 1, 1.0)
        (match,) = gallery.search(query, CALL).first
        assert (match.user_id, match.similarity) == (each.user_id, 1.0)
        own = gallery.similarity(each.collection, each.user_id, probe, CALL)
        assert is_match(own, 1.0)
    assert below_1 >= 10  # rounding does matter here
    gallery.close()


def test_nearly_the_same_is_not_the_same() -> None:
    """A cosine of 0.99999 stays what it is."""
    first = np.zeros(512, np.float32)
    first[0] = 1.0
    second = first.copy()
    second[1] = np.sqrt(2e-5)
    second /= np.linalg.norm(second)
    assert 0.9999 < cosine_similarity(first, second) < 0.999995
