"""A stolen file, a thousand swapped rows, keys that rotate under load, retried writes."""

from __future__ import annotations

import base64
import json
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from facesvc.domain.gallery_errors import SealError
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite.store import SqliteStore
from facesvc.gallery.stores.sqlite.tables import Tables
from facesvc.gallery.stores.sqlite.user_table import UserTable
from harness.figures import report
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, opened, query, vector

OLD, NEW = KeyRing([b"o" * 32]), KeyRing([b"n" * 32, b"o" * 32])
ROWS = 1000


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """The file of a sealed gallery with a thousand users."""
    path = tmp_path / "gallery.db"
    gallery = opened(SqliteStore(path, recognizer=DIGEST, ring=OLD))
    gallery.enroll_many(
        [
            face(f"canary-{n}", n, name=f"canary-name-{n}", metadata={"badge": f"canary-b{n}"})
            for n in range(ROWS)
        ],
        CALL,
    )
    gallery.purge(CALL)
    gallery.close()
    return path


def test_stolen_database_has_no_name_and_no_face(sealed: Path) -> None:
    """Raw, as base64 at any offset, as JSON numbers: of every tenth person nothing is found."""
    data = b"".join(path.read_bytes() for path in sealed.parent.glob("gallery.db*"))
    hits = looked_for = 0
    for n in range(0, ROWS, 10):
        raw = [b"canary", f"name-{n}".encode() * 2, vector(n)[7:15].tobytes()]
        encoded = [base64.b64encode(bytes(k) + part)[4:-4] for part in raw for k in range(3)]
        numbers = [json.dumps(float(vector(n)[0])).encode()]
        looked_for += len(raw) + len(encoded) + len(numbers)
        hits += sum(piece in data for piece in (*raw, *encoded, *numbers) if len(piece) > 5)
    assert hits == 0
    report("sqlite-stolen", looked_for=looked_for, hits=hits)


def test_each_of_a_thousand_swapped_rows_is_detected(sealed: Path) -> None:
    """Every user's and every sample's record sits in the next one's row; none opens."""
    database = sqlite3.connect(sealed, isolation_level=None)
    for table in ("users", "samples"):
        rows = database.execute(f"SELECT id, record FROM {table} ORDER BY id").fetchall()
        moved = zip(rows, [*rows[1:], rows[0]], strict=True)
        database.executemany(
            f"UPDATE {table} SET record = ? WHERE id = ?",
            [(theirs, row) for (row, _), (_, theirs) in moved],
        )
    tables = Tables(database, OLD)
    tables.open_secret()
    rows_of = UserTable(database, tables)
    collection = tables.collection("staff")
    assert collection is not None
    users = samples = 0
    for n in range(ROWS):
        try:
            rows_of.user(collection, f"canary-{n}")
        except SealError:
            users += 1
    for (row,) in database.execute("SELECT id FROM samples").fetchall():
        try:
            rows_of.open_sample(row)
        except SealError:
            samples += 1
    database.close()
    assert (users, samples) == (ROWS, ROWS)
    with pytest.raises(SealError):
        opened(SqliteStore(sealed, recognizer=DIGEST, ring=OLD))
    report("sqlite-swapped", swapped=2 * ROWS, detected=users + samples)


def test_keys_rotate_under_load_without_a_failed_call(sealed: Path) -> None:
    """Searches, look-ups, enrolments and exports go on while every record is sealed anew."""
    store = SqliteStore(sealed, recognizer=DIGEST, ring=NEW)
    gallery = opened(store)
    failures: list[BaseException] = []
    calls = [0, 0, 0]
    stop = threading.Event()

    def work(kind: int) -> None:
        try:
            while not stop.is_set():
                n = calls[kind] % ROWS
                if kind == 0:
                    found = gallery.search(query("staff", vector(n), 1, 0.9), CALL).first
                    assert found[0].name == f"canary-name-{n}"
                elif kind == 1:
                    gallery.enroll(face(f"late-{n % 50}", 2000 + n), CALL)
                else:
                    (sample,) = store.samples("staff", [f"canary-{n}"], CALL)
                    assert sample.embedding.tobytes() == vector(n).tobytes()
                calls[kind] += 1
        except BaseException as error:
            failures.append(error)
            raise

    workers = [threading.Thread(target=work, args=(kind,)) for kind in range(3)]
    for worker in workers:
        worker.start()
    deadline = time.monotonic() + 60
    while store.rotating and time.monotonic() < deadline:
        time.sleep(0.005)
    stop.set()
    for worker in workers:
        worker.join()
    assert failures == []
    assert not store.rotating
    assert min(calls) > 0
    gallery.close()
    again = opened(SqliteStore(sealed, recognizer=DIGEST, ring=KeyRing([b"n" * 32])))
    assert again.similarity("staff", "canary-7", vector(7), CALL) == 1.0
    again.close()
    report("sqlite-rotation", calls=sum(calls), failed=0)


def test_enrolment_replayed_five_times_makes_one_version(tmp_path: Path) -> None:
    """Also when the service is killed and started between the tries."""
    receipts = []
    for _ in range(5):
        gallery = opened(SqliteStore(tmp_path / "gallery.db", recognizer=DIGEST))
        receipts.append(gallery.enroll(face("ada", 1, request_id="r1"), CALL))
        (info,) = gallery.list_collections()
        gallery.close()
    assert receipts == [receipts[0]] * 5
    assert (info.version, info.samples) == (1, 1)
    report("sqlite-replay", replays=5, versions=info.version)
