"""What the Redis tests share: a sink that remembers, faces made up, and patience."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from facesvc.domain.gallery import Enrolment, User
from facesvc.gallery.stores.port import Catalog, Change, Rewrite, SampleBlock
from facesvc.gallery.stores.records import decode_user

View = dict[tuple[str, str], tuple[str, int, frozenset[bytes]]]  # user: name, samples, faces
RECOGNIZER = "sha256:aaaa"
OTHER_RECOGNIZER = "sha256:bbbb"


class RecordingSink:
    """A ChangeSink that holds what a gallery would show, and refuses what the port forbids."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users: dict[tuple[str, str], User] = {}
        self.embeddings: dict[tuple[str, str], list[bytes]] = {}
        self.versions: dict[str, int] = {}
        self.catalog = Catalog()
        self.resets = 0
        self.changes: list[Change | Rewrite] = []

    def reset(
        self,
        users: Iterable[tuple[str, str, bytes]],
        blocks: Iterable[SampleBlock],
        versions: Mapping[str, int],
        catalog: Catalog,
    ) -> None:
        fresh: dict[tuple[str, str], list[bytes]] = {}
        for block in blocks:
            for user_id, row in zip(block.user_ids, block.embeddings, strict=True):
                fresh.setdefault((block.collection, user_id), []).append(row.tobytes())
        with self.lock:
            self.users = {
                (collection, user_id): decode_user(record) for collection, user_id, record in users
            }
            self.embeddings = fresh
            self.versions = dict(versions)
            self.catalog = catalog
            self.resets += 1

    def apply(self, change: Change | Rewrite) -> None:
        with self.lock:
            expected = self.versions.get(change.collection, 0) + 1
            assert change.version == expected or change.collection not in self.versions
            self.changes.append(change)
            self.versions[change.collection] = change.version
            if isinstance(change, Rewrite):
                self._rewrite(change)
                return
            if not change.user_id:
                for key in [key for key in self.users if key[0] == change.collection]:
                    del self.users[key]
                    self.embeddings.pop(key, None)
                return
            key = (change.collection, change.user_id)
            if change.clears:
                self.embeddings.pop(key, None)
            if change.user is None:
                self.users.pop(key, None)
                return
            self.users[key] = change.user
            if change.sample is not None:
                self.embeddings.setdefault(key, []).append(change.sample.embedding.tobytes())

    def _rewrite(self, change: Rewrite) -> None:
        for state in change.states:
            key = (change.collection, state.user_id)
            self.users.pop(key, None)
            self.embeddings.pop(key, None)
            if state.user is not None:
                self.users[key] = state.user
                self.embeddings[key] = [row.tobytes() for row in state.embeddings]

    def set_catalog(self, catalog: Catalog) -> None:
        with self.lock:
            self.catalog = catalog

    def view(self) -> View:
        """Return name, samples and embeddings of every user."""
        return self.snapshot()[1]

    def snapshot(self) -> tuple[dict[str, int], View]:
        """Return the collections' versions and what is to be seen at them."""
        with self.lock:
            return dict(self.versions), {
                key: (user.name, user.samples, frozenset(self.embeddings.get(key, [])))
                for key, user in self.users.items()
            }


def face(seed: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return one made-up embedding, float32 (512,), the same for the same seed."""
    vector = np.random.default_rng(seed).standard_normal(512).astype(np.float32)
    return vector / np.linalg.norm(vector)


def enrolment(user_id: str, seed: int = 0, **fields: Any) -> Enrolment:
    """Return an enrolment of a made-up face."""
    values: dict[str, Any] = {"collection": "default", "quality": 0.5, "name": user_id.title()}
    values.update(fields)
    return Enrolment(user_id=user_id, embedding=face(seed), **values)


def eventually(condition: Callable[[], bool], within_s: float = 5.0) -> float:
    """Wait until the condition holds; return how long that took, or fail."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within_s, "this did not come about in time"
        time.sleep(0.005)
    return time.monotonic() - began
