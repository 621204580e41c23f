"""Galleries and vectors for the tests of this folder."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.domain.gallery import Enrolment, SearchQuery
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.port import GalleryStore

DIGEST = "a" * 64
OTHER_DIGEST = "b" * 64
CALL = Call()  # without a deadline: the whole suite shares it


def vector(seed: int) -> NDArray[np.float32]:
    """Return the unit vector of a seed, float32 (512,)."""
    raw = np.random.default_rng(seed).standard_normal(512)
    return (raw / np.linalg.norm(raw)).astype(np.float32)


def face(user_id: str, seed: int = 0, **changes: Any) -> Enrolment:
    """Return an enrolment into the collection "staff"."""
    values: dict[str, Any] = {
        "collection": "staff",
        "embedding": vector(seed),
        "quality": 0.8,
        **changes,
    }
    return Enrolment(user_id=user_id, **values)


def query(
    collection: str, probes: NDArray[np.float32], top_k: int, threshold: float, **changes: Any
) -> SearchQuery:
    """Return a query for one probe, float32 (512,), or several."""
    return SearchQuery(collection, np.atleast_2d(probes), top_k, threshold, **changes)


def opened(store: GalleryStore) -> IndexedGallery:
    """Return the open gallery of a store."""
    gallery = IndexedGallery(store)
    gallery.open()
    return gallery
