"""The same tests over every store that runs in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.memory import MemoryStore
from facesvc.gallery.stores.port import GalleryStore
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite.store import SqliteStore
from tests.unit.gallery.gallery_fixtures import DIGEST, opened

Opener = Callable[..., IndexedGallery]


@pytest.fixture
def open_sqlite(tmp_path: Path) -> Iterator[Opener]:
    """Return a function that opens tmp_path/gallery.db as a gallery; all are closed at the end."""
    galleries = []

    def open_it(recognizer: str = DIGEST, **options: Any) -> IndexedGallery:
        path = tmp_path / "gallery.db"
        galleries.append(opened(SqliteStore(path, recognizer=recognizer, **options)))
        return galleries[-1]

    yield open_it
    for gallery in galleries:
        gallery.close()


@pytest.fixture(params=["memory", "sqlite", "sealed"])
def gallery(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[IndexedGallery]:
    """Return an empty gallery of each store."""
    store: GalleryStore
    if request.param == "memory":
        store = MemoryStore(recognizer=DIGEST)
    else:
        ring = KeyRing([os.urandom(32)]) if request.param == "sealed" else None
        store = SqliteStore(tmp_path / "gallery.db", recognizer=DIGEST, ring=ring)
    opened_gallery = opened(store)
    yield opened_gallery
    opened_gallery.close()
