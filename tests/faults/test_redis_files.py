"""What is left in Redis and in its files: nothing of the deleted, and of a sealed gallery nothing
that tells who a face is.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from facesvc.gallery.stores.redis.store import RedisStore
from facesvc.gallery.stores.sealing import KeyRing
from harness import redis_servers
from harness.figures import report
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, opened, vector

USERS = 200
SAVES = {"save": "3600 1000000"}  # an RDB file too, written when it is asked for


@pytest.fixture(params=redis_servers.ENGINES)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[redis_servers.RedisServer]:
    """Yield a server that keeps an append-only file and snapshots."""
    program = redis_servers.engine(request.param)
    if program.missing:
        pytest.skip(program.missing)
    server = redis_servers.RedisServer(program, tmp_path / "server", SAVES).start()
    yield server
    server.stop()


def everything(server: redis_servers.RedisServer) -> bytes:
    """Return every file of the server, and every key and value in its memory."""
    files = [path.read_bytes() for path in server.folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".rdb" for path in server.folder.rglob("*"))
    client: Any = server.client()
    held = []
    for key in client.scan_iter("*", count=1000):
        read = {b"hash": client.hgetall, b"set": client.smembers, b"stream": client.xrange}
        held.append(repr(read.get(client.type(key), client.get)(key)).encode() + key)
        held += client.hvals(key) if client.type(key) == b"hash" else []
    return b"".join([*files, *held])


def test_deleted_users_are_nowhere(server: redis_servers.RedisServer) -> None:
    """Ids, names, metadata and embeddings: not in memory, the stream, the AOF or the RDB."""
    gallery = opened(RedisStore(server.patient_url, DIGEST))
    for n in range(USERS):
        gallery.enroll(
            face(f"person-<{n}>", n, name=f"name-<{n}>", metadata={"m": f"<m{n}>"}), CALL
        )
    server.client().save()
    needles = [
        piece
        for n in range(0, USERS, 2)
        for piece in (
            vector(n).tobytes()[1000:1016],
            f"person-<{n}>".encode(),
            f"name-<{n}>".encode(),
            f"<m{n}>".encode(),
        )
    ]
    before = everything(server)
    assert all(needle in before for needle in needles)
    for n in range(0, USERS, 2):
        gallery.delete("staff", f"person-<{n}>", CALL)
    receipt = gallery.purge(CALL)
    assert {"redis change log", "redis append-only file", "redis snapshot file"} <= set(
        receipt.places
    )
    for key in server.client().scan_iter("facesvc:*:r:*"):
        server.client().delete(key)  # receipts hold versions only and end by themselves
    after = everything(server)
    left = sum(needle in after for needle in needles)
    assert left == 0
    assert b"person-<1>" in after
    gallery.close()
    report(
        f"redis-erasure-{server.engine.name}",
        server=server.engine.name,
        deleted_pieces=len(needles),
        left=left,
    )


def test_stolen_files_of_a_sealed_gallery_tell_nothing(server: redis_servers.RedisServer) -> None:
    """Raw, as base64 at any offset, as JSON numbers: no name, no metadata and no face."""
    gallery = opened(RedisStore(server.patient_url, DIGEST, ring=KeyRing([b"k" * 32])))
    for n in range(USERS):
        gallery.enroll(
            face(f"u{n}", n, name=f"canary-{n}-", metadata={"badge": f"bird-{n}-"}), CALL
        )
    server.client().save()
    gallery.close()
    data = everything(server)
    looked_for = hits = 0
    for n in range(0, USERS, 5):
        raw = [f"canary-{n}-".encode(), f"bird-{n}-".encode(), vector(n)[7:15].tobytes()]
        encoded = [base64.b64encode(bytes(k) + part)[4:-4] for part in raw for k in range(3)]
        numbers = [json.dumps(float(vector(n)[0])).encode()]
        pieces = [piece for piece in (*raw, *encoded, *numbers) if len(piece) > 5]
        looked_for += len(pieces)
        hits += sum(piece in data for piece in pieces)
    assert hits == 0
    assert b"u195" in data
    report(
        f"redis-stolen-{server.engine.name}",
        server=server.engine.name,
        looked_for=looked_for,
        hits=hits,
    )
