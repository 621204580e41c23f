"""Encryption at rest: what a thief, a meddler and an operator with a new key meet."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.domain.gallery import EnrollMode, Sample
from facesvc.domain.gallery_errors import SealError
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.records import StoredSample
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite.store import SqliteStore
from tests.unit.gallery.conftest import Opener
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, opened, vector

OLD, NEW = b"o" * 32, b"n" * 32
PEOPLE = 40


def _fill(gallery: IndexedGallery) -> None:
    for seed in range(PEOPLE):
        metadata = {"badge": f"canary-badge-{seed}", "note": "é" * seed * 20}
        gallery.enroll(
            face(f"canary-id-{seed}", seed, name=f"canary-name-{seed}", metadata=metadata), CALL
        )
    gallery.enroll(face("canary-id-0", 100, mode=EnrollMode.ADD), CALL)


def _canaries() -> list[bytes]:
    found: list[bytes] = []
    for seed in range(PEOPLE):
        embedding = vector(seed)
        texts = [f"canary-id-{seed}", f"canary-name-{seed}", f"canary-badge-{seed}"]
        for raw in [*map(str.encode, texts), embedding[100:108].tobytes()]:
            # Base64 of a part shifts with its place: three encodings meet every place.
            found += [raw, *(base64.b64encode(b"\x00" * n + raw)[4:-4] for n in range(3))]
        found += [json.dumps(float(value)).encode() for value in embedding[:2]]
    return [canary for canary in found if len(canary) > 7]


def _on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("gallery.db*")))


def _until_rotated(gallery: IndexedGallery) -> None:
    deadline = time.monotonic() + 20
    while gallery.status().detail:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_stolen_database_holds_ciphertext_only(open_sqlite: Opener, tmp_path: Path) -> None:
    """No id, name, metadata or embedding in any file, running or closed; plain ones have all."""
    gallery = open_sqlite(ring=KeyRing([OLD]))
    _fill(gallery)
    running = _on_disk(tmp_path)
    gallery.close()
    for data in (running, _on_disk(tmp_path)):
        assert [canary for canary in _canaries() if canary in data] == []


def test_scan_finds_everything_in_a_plain_database(open_sqlite: Opener, tmp_path: Path) -> None:
    """The scan of the test above can fail: without a key it finds each id, name and face."""
    gallery = open_sqlite()
    _fill(gallery)
    gallery.close()
    data = _on_disk(tmp_path)
    for seed in range(PEOPLE):
        assert f"canary-badge-{seed}".encode() in data
        assert vector(seed)[100:108].tobytes() in data


def test_database_without_its_key_is_refused(open_sqlite: Opener) -> None:
    """The text says which key is missing."""
    gallery = open_sqlite(ring=KeyRing([OLD]))
    _fill(gallery)
    gallery.close()
    for ring in (None, KeyRing([NEW])):
        with pytest.raises(SealError, match="not in GALLERY_KEY"):
            open_sqlite(ring=ring)
    assert open_sqlite(ring=KeyRing([OLD])).status().users == PEOPLE


@pytest.mark.parametrize("table", ["users", "samples"])
def test_swapped_rows_are_detected(open_sqlite: Opener, tmp_path: Path, table: str) -> None:
    """Every one of the records put in another row's place refuses to open."""
    gallery = open_sqlite(ring=KeyRing([OLD]))
    _fill(gallery)
    gallery.close()
    database = sqlite3.connect(tmp_path / "gallery.db")
    good = database.execute(f"SELECT id, record FROM {table}").fetchall()
    detected = 0
    for (row, mine), (_, theirs) in zip(good, [*good[1:], good[0]], strict=True):
        for forged in (theirs, mine[:-1] + bytes([mine[-1] ^ 1])):
            database.execute(f"UPDATE {table} SET record = ? WHERE id = ?", (forged, row))
            database.commit()
            with pytest.raises(SealError, match="changed, or moved"):
                open_sqlite(ring=KeyRing([OLD]))
            detected += 1
        database.execute(f"UPDATE {table} SET record = ? WHERE id = ?", (mine, row))
        database.commit()
    database.close()
    assert detected == 2 * len(good) >= 2 * PEOPLE
    assert open_sqlite(ring=KeyRing([OLD])).status().users == PEOPLE


def test_plain_records_do_not_pass_for_sealed_ones(open_sqlite: Opener, tmp_path: Path) -> None:
    """Neither a whole plain gallery nor one plain record in a sealed one, unless asked to."""
    gallery = open_sqlite()
    _fill(gallery)
    gallery.close()
    with pytest.raises(SealError, match=",plain"):
        open_sqlite(ring=KeyRing([NEW]))
    gallery = open_sqlite(ring=KeyRing.parse(f"{base64.b64encode(NEW).decode()},plain"))
    _until_rotated(gallery)
    gallery.close()
    database = sqlite3.connect(tmp_path / "gallery.db")
    forged = KeyRing().seal(StoredSample.of(_sample(vector(500))).encode(), b"")
    database.execute(
        "UPDATE samples SET record = ? WHERE id = (SELECT max(id) FROM samples)", (forged,)
    )
    database.commit()
    database.close()
    with pytest.raises(SealError, match="not encrypted"):
        open_sqlite(ring=KeyRing([NEW]))


def _sample(embedding: NDArray[np.float32]) -> Sample:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return Sample("staff", "eve", "0" * 32, embedding, DIGEST, "", {}, 1.0, moment, 1)


@pytest.mark.parametrize("before", [None, OLD], ids=["from plain", "from old key"])
def test_rotation_seals_every_record_with_the_new_key(
    open_sqlite: Opener, tmp_path: Path, before: bytes | None
) -> None:
    """After it the new key alone opens the gallery, and nothing of before is in the files."""
    gallery = open_sqlite(ring=KeyRing([before]) if before else None)
    _fill(gallery)
    gallery.close()
    ring = KeyRing([NEW, OLD]) if before else KeyRing([NEW], accepts_plain=True)
    gallery = open_sqlite(ring=ring)
    gallery.enroll(face("late", 7), CALL)
    _until_rotated(gallery)
    gallery.purge(CALL)
    old_id = KeyRing([OLD]).seal(b"", b"")[1:9]
    data = _on_disk(tmp_path)
    assert old_id not in data
    assert [canary for canary in _canaries() if canary in data] == []
    gallery.close()
    again = open_sqlite(ring=KeyRing([NEW]))
    assert again.status().samples == PEOPLE + 2
    assert again.similarity("staff", "canary-id-0", vector(100), CALL) == 1.0


def test_rotation_goes_on_after_a_restart(open_sqlite: Opener) -> None:
    """A walk that was cut short begins again; the old key stays needed until its end."""
    gallery = open_sqlite(ring=KeyRing([OLD]))
    gallery.enroll_many([face(f"u{n}", n) for n in range(1500)], CALL)
    gallery.close()
    gallery = open_sqlite(ring=KeyRing([NEW, OLD]))
    gallery.close()  # at once
    with pytest.raises(SealError):
        open_sqlite(ring=KeyRing([NEW]))
    gallery = open_sqlite(ring=KeyRing([NEW, OLD]))
    _until_rotated(gallery)
    gallery.close()
    assert open_sqlite(ring=KeyRing([NEW])).status().samples == 1500


def test_key_that_is_none_is_refused_without_showing_it() -> None:
    """GALLERY_KEY is read strictly; a mistake in it is not printed."""
    good = base64.b64encode(os.urandom(32)).decode()
    assert KeyRing.parse(f"{good}, {good}").seals
    assert not KeyRing.parse("").seals
    for bad in ("secret", base64.b64encode(b"short").decode(), "ß"):
        with pytest.raises(ValueError, match="Key 2 of GALLERY_KEY") as caught:
            KeyRing.parse(f"{good},{bad}")
        assert bad not in str(caught.value)


def test_gallery_files_are_their_owners_alone(tmp_path: Path) -> None:
    """Faces are biometric data: no other user of the machine reads them."""
    gallery = opened(SqliteStore(tmp_path / "gallery.db", recognizer=DIGEST))
    gallery.enroll(face("ada", 1), CALL)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    gallery.close()
    assert "gallery.db-wal" in modes
    assert set(modes.values()) == {0o600}, modes
