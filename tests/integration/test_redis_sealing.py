"""Encryption over Redis and Valkey: what a thief, a meddler and an operator with a new key meet."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from facesvc.domain.gallery import EnrollMode
from facesvc.domain.gallery_edits import SampleMove, UserMerge
from facesvc.domain.gallery_errors import SealError
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.redis.store import RedisStore
from facesvc.gallery.stores.redis.toolkit.edits import Moving
from facesvc.gallery.stores.sealing import KeyRing
from harness import redis_servers
from harness.redis_fakes import eventually
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, opened, query, vector

Opener = Callable[..., IndexedGallery]
NOTHING_YET = Moving(packed=True)  # what a reader finds of a sample that is still another's


@pytest.fixture(scope="module", params=redis_servers.ENGINES)
def shared_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[redis_servers.RedisServer]:
    """Yield one server of each kind for the whole file."""
    program = redis_servers.engine(request.param)
    if program.missing:
        pytest.skip(program.missing)
    server = redis_servers.RedisServer(program, tmp_path_factory.mktemp(program.name)).start()
    yield server
    server.stop()


@pytest.fixture
def server(shared_server: redis_servers.RedisServer) -> redis_servers.RedisServer:
    """Empty the server before a test."""
    shared_server.client().flushall()
    return shared_server


@pytest.fixture
def open_redis(server: redis_servers.RedisServer) -> Iterator[Opener]:
    """Return a function that opens one more replica; all are closed at the end."""
    galleries = []

    def open_it(recognizer: str = DIGEST, **options: Any) -> IndexedGallery:
        galleries.append(opened(RedisStore(server.patient_url, recognizer, **options)))
        return galleries[-1]

    yield open_it
    for one in galleries:
        one.close()


def test_sealed_gallery_shows_nothing(
    open_redis: Opener, server: redis_servers.RedisServer
) -> None:
    """With a key neither embeddings nor names nor metadata are in Redis or its files."""
    gallery = open_redis(ring=KeyRing([os.urandom(32)]))
    gallery.purge(CALL)  # of what earlier tests left in the server's files
    gallery.enroll(face("ada", 1, name="Ada Lovelace", metadata={"team": "engines"}), CALL)
    needles = [vector(1).tobytes()[:32], b"Lovelace", b"engines"]
    files = [path.read_bytes() for path in server.folder.rglob("*aof*") if path.is_file()]
    assert any(b"ada" in data for data in files)
    assert not any(needle in data for needle in needles for data in files)


def test_sealed_gallery_needs_its_key(open_redis: Opener) -> None:
    """Another key, or none, is refused at the start with a reason."""
    open_redis(ring=KeyRing([os.urandom(32)])).enroll(face("ada", 1), CALL)
    for ring in (None, KeyRing([os.urandom(32)])):
        with pytest.raises(SealError):
            open_redis(ring=ring)


def test_plain_record_in_a_sealed_gallery_is_refused(open_redis: Opener) -> None:
    """Else whoever can write to Redis could put a face of his own in a sealed one's place."""
    open_redis().enroll(face("ada", 1), CALL)
    with pytest.raises(SealError, match="not encrypted"):
        open_redis(ring=KeyRing([os.urandom(32)]))


def test_swapped_records_do_not_open(open_redis: Opener, server: redis_servers.RedisServer) -> None:
    """One user's embedding in another's place is noticed."""
    ring = KeyRing([os.urandom(32)])
    gallery = open_redis(ring=ring)
    for name in ("ada", "bob"):
        gallery.enroll(face(name, len(name)), CALL)
    client = server.client()
    first, second = sorted(client.scan_iter("*:s:0:*"))
    one, other = client.hget(first, "e"), client.hget(second, "e")
    assert one is not None
    assert other is not None
    client.hset(first, "e", other)
    client.hset(second, "e", one)
    with pytest.raises(SealError):
        open_redis(ring=ring)


def test_keys_rotate_while_the_gallery_serves(open_redis: Opener) -> None:
    """A new key first in the ring: searches and writes go on, then the old key can go."""
    old, new = os.urandom(32), os.urandom(32)
    # Replicas know both keys before one seals.
    before = open_redis(ring=KeyRing([new, old], accepts_plain=True))
    plain = open_redis()
    for n in range(200):
        plain.enroll(face(f"u{n}", n, name=f"Name {n}"), CALL)
    rotating = open_redis(ring=KeyRing([old], accepts_plain=True))
    eventually(lambda: not rotating.status().detail, 10)
    again = open_redis(ring=KeyRing([new, old]))
    while again.status().detail:
        assert before.search(query("staff", vector(7), 1, 0.5), CALL).first[0].user_id == "u7"
        assert again.search(query("staff", vector(7), 1, 0.5), CALL).first[0].name == "Name 7"
    only_new = open_redis(ring=KeyRing([new]))
    assert only_new.status().users == 200
    assert only_new.get("staff", "u7", CALL).name == "Name 7"


def test_samples_that_come_while_others_are_packed_anew_are_merged_too(
    server: redis_servers.RedisServer, open_redis: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before the merge is stale then, and is read again: nothing stays sealed for the
    user who is gone. The same for a sample that comes to its user just before it moves.
    """
    ring = KeyRing([os.urandom(32)])
    store = RedisStore(server.patient_url, DIGEST, ring=ring)
    gallery = opened(store)
    gallery.enroll(face("ada", 1), CALL)
    gallery.enroll(face("bob", 2), CALL)
    merge = UserMerge("staff", "ada", "bob")
    edits = store._edits
    stale, real = edits.moving(merge), edits.moving
    late = gallery.enroll(face("bob", 3, mode=EnrollMode.ADD), CALL).sample_id
    answers = [stale]
    monkeypatch.setattr(edits, "moving", lambda edit: answers.pop() if answers else real(edit))
    assert gallery.edit(merge, CALL).samples == 3
    assert answers == []
    move = SampleMove("staff", "ada", late, "eve", create_target=True)
    answers = [NOTHING_YET]
    assert gallery.edit(move, CALL).samples == 1
    gallery.close()
    again = open_redis(ring=ring)
    for seed, user in ((1, "ada"), (2, "ada"), (3, "eve")):
        found = again.search(query("staff", vector(seed), 5, 0.9), CALL).first
        assert [match.user_id for match in found] == [user]
    assert sum(len(one.samples) for one in again.export_users("staff", CALL)) == 3
