"""Galleries in files; what every gallery promises is in tests/conformance/."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from facesvc.gallery.indexed_gallery import IndexedGallery
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
