"""The gallery that is searched inside three real Redis servers, against the one in memory.

What every gallery promises is in tests/conformance/.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from facesvc.application.call import Call
from facesvc.domain.errors import ModelMismatchError, StoreUnavailableError
from facesvc.domain.gallery import EnrollMode, Enrolment, WriteReceipt
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.sharded.sharded_gallery import ShardedGallery
from facesvc.gallery.stores.memory import MemoryStore
from harness import redis_servers
from harness.figures import report
from harness.redis_fakes import eventually
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, OTHER_DIGEST, face, query, vector

SHARDS = 3
FACES = 3_000
PROBES = 60
Servers = list[redis_servers.RedisServer]


@pytest.fixture(scope="module")
def shared_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Yield three servers that search."""
    program = redis_servers.redis_stack()
    if program.missing:
        pytest.skip(program.missing)
    servers = [
        redis_servers.RedisServer(program, tmp_path_factory.mktemp(f"shard-{n}"))
        for n in range(SHARDS)
    ]
    for server in servers:
        server.start()
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture
def servers(shared_servers: Servers) -> Servers:
    """Empty the servers before a test."""
    for server in shared_servers:
        server.client().flushall()
    return shared_servers


def connect(servers: Servers, recognizer: str = DIGEST) -> ShardedGallery:
    """Return a gallery over the servers, open."""
    gallery = ShardedGallery([server.patient_url for server in servers], recognizer)
    gallery.open()
    return gallery


@pytest.fixture
def gallery(servers: Servers) -> Iterator[ShardedGallery]:
    """Yield an empty gallery."""
    opened = connect(servers)
    yield opened
    opened.close()


def people(count: int) -> list[Enrolment]:
    """Return enrolments of which every tenth is a second sample of an earlier user."""
    return [
        face(f"u{n - 5}" if n % 10 == 9 else f"u{n}", n, name=f"Name {n}", mode=EnrollMode.ADD)
        for n in range(count)
    ]


@pytest.fixture
def local() -> Iterator[IndexedGallery]:
    """Yield the gallery in memory that answers are compared with."""
    opened = IndexedGallery(MemoryStore(recognizer=DIGEST))
    opened.open()
    yield opened
    opened.close()


def test_finds_what_the_local_index_finds(gallery: ShardedGallery, local: IndexedGallery) -> None:
    """Recall 1.0 on genuine and impostor probes; similarities within half precision."""
    for target in (gallery, local):
        receipts = target.enroll_many(people(FACES), CALL)
        assert all(isinstance(one, WriteReceipt) for one in receipts)
    dice = np.random.default_rng(5)
    recalled = wanted = 0
    for seed in range(PROBES):
        noise = dice.standard_normal(512).astype(np.float32)
        probe = vector(seed * 7) + noise * np.float32(0.07)  # cosine of mates about 0.53
        probe /= np.linalg.norm(probe)
        threshold = (0.0, 0.1, 0.45)[seed % 3]
        expected = local.search(query("staff", probe, 10, threshold), CALL).first
        found = gallery.search(query("staff", probe, 10, threshold), CALL).first
        scores = {match.user_id: match.similarity for match in found}
        for match in expected:
            assert abs(scores.get(match.user_id, match.similarity) - match.similarity) < 5e-4
        last = expected[-1].similarity if expected else 1.0
        sure = [one.user_id for one in expected if one.similarity > last + 5e-4]
        wanted += len(sure)
        recalled += len(set(sure) & set(scores))
        assert len({match.user_id for match in found}) == len(found)
        assert [m.similarity for m in found] == sorted((m.similarity for m in found), reverse=True)
    assert wanted > PROBES
    assert recalled == wanted


def test_users_spread_and_batches_agree(gallery: ShardedGallery, servers: Servers) -> None:
    """Every server has a share; several probes are searched as each alone."""
    gallery.enroll_many(people(300), CALL)
    for server in servers:
        assert len(list(server.client().scan_iter("*:s:*"))) > 50
    probes = np.stack([vector(1), vector(2)])
    many = gallery.search(query("staff", probes, 3, -1.0), CALL).of_probes
    assert many == [gallery.search(query("staff", probe, 3, -1.0), CALL).first for probe in probes]


def test_best_sample_counts_though_others_crowd_in(gallery: ShardedGallery) -> None:
    """Forty samples of one user do not push other users out of the answer."""
    for n in range(40):
        near = vector(0) + vector(n + 1) * np.float32(0.1)
        near /= np.linalg.norm(near)
        crowd = Enrolment("staff", "crowd", near, 0.9, mode=EnrollMode.ADD)
        gallery.enroll(crowd, CALL)
    for n in range(200, 212):
        gallery.enroll(face(f"u{n}", n), CALL)
    matches = gallery.search(query("staff", vector(0), 13, -1.0), CALL).first
    assert len({match.user_id for match in matches}) == 13
    assert matches[0].user_id == "crowd"


def test_collections_are_filtered_before_the_search(gallery: ShardedGallery) -> None:
    """Nothing crosses, and a deleted collection is gone at once, also when named again."""
    gallery.enroll(face("ada", 1), CALL)
    gallery.enroll(face("eve", 1, collection="other one, {odd}"), CALL)
    assert [m.user_id for m in gallery.search(query("staff", vector(1), 5, 0.5), CALL).first] == [
        "ada"
    ]
    gallery.delete_collection("staff", CALL)
    assert gallery.search(query("staff", vector(1), 5, -1.0), CALL).first == []
    gallery.enroll(face("bob", 2), CALL)
    assert [m.user_id for m in gallery.search(query("staff", vector(1), 5, -1.0), CALL).first] == [
        "bob"
    ]


def test_counts_and_exports(gallery: ShardedGallery) -> None:
    """Counts follow within a look; an export gives users in order with all their samples."""
    gallery.enroll_many(people(200), CALL)
    gallery.delete("staff", "u3", CALL)
    eventually(lambda: gallery.status().users == 179, 3.0)
    assert gallery.status().samples == 199
    assert [info.users for info in gallery.list_collections()] == [179]
    exported = list(gallery.export_users("staff", CALL, after_user_id="u150"))
    ids = [one.user.user_id for one in exported]
    assert ids == sorted(ids)
    assert len(ids) == sum(f"u{n}" > "u150" and n % 10 != 9 and n != 3 for n in range(200))
    four = next(one for one in exported if one.user.user_id == "u4")
    assert len(four.samples) == 2
    assert four.samples[1].embedding @ vector(9) > 0.9999


def test_dead_server_is_unavailable_and_partial_only_where_asked(
    gallery: ShardedGallery, servers: Servers
) -> None:
    """With one of three killed a search fails in words, a partial one says who is missing; all
    heals after the restart.
    """
    gallery.enroll_many(people(300), CALL)
    servers[1].kill()
    with pytest.raises(StoreUnavailableError, match="server 2"):
        gallery.search(query("staff", vector(3), 5, -1.0), Call(5.0))
    partial = gallery.search(query("staff", vector(3), 300, -1.0, allow_partial=True), Call(5.0))
    assert partial.missing == (2,)
    assert 100 < len(partial.first) < 250
    eventually(lambda: gallery.status().state == "degraded")
    servers[1].start()
    eventually(lambda: gallery.status().state == "ok", 10)
    assert len(gallery.search(query("staff", vector(3), 300, -1.0), CALL).first) == 270
    assert (
        gallery.search(query("staff", vector(3), 300, -1.0, allow_partial=True), CALL).missing == ()
    )
    report("redis-search-killed", servers=3, missing_server_named=2, found_after_restart=270)


def test_closed_gallery_refuses_calls(gallery: ShardedGallery) -> None:
    """Calls that are late for the shutdown get an error, and do not wait for ever."""
    gallery.close()
    with pytest.raises(StoreUnavailableError, match="closed"):
        gallery.enroll(face("bob", 2), CALL)
    with pytest.raises(StoreUnavailableError, match="closed"):
        gallery.search(query("staff", vector(1), 1, 0.5), CALL)


def test_hanging_server_ends_at_the_callers_deadline(
    gallery: ShardedGallery, servers: Servers
) -> None:
    """A server that does not answer costs no more than the call's deadline."""
    gallery.enroll(face("ada", 1), CALL)
    servers[0].pause()
    began = time.monotonic()
    try:
        with pytest.raises(StoreUnavailableError):
            gallery.search(query("staff", vector(3), 5, -1.0), Call(30.0))
        assert time.monotonic() - began < 3.0
    finally:
        servers[0].resume()


def test_emptied_server_refuses_instead_of_answering_for_fewer_faces(
    gallery: ShardedGallery, servers: Servers
) -> None:
    """A server that lost its data is noticed at the next search, write and start."""
    gallery.enroll_many(people(50), CALL)
    servers[2].client().flushall()
    with pytest.raises(StoreUnavailableError, match="lost its data"):
        gallery.search(query("staff", vector(3), 5, -1.0), CALL)
    outcomes = gallery.enroll_many(people(20), CALL)
    assert any(isinstance(one, StoreUnavailableError) for one in outcomes)
    with pytest.raises(StoreUnavailableError, match="3 are empty"):
        connect(servers)


def test_servers_in_another_order_are_refused(gallery: ShardedGallery, servers: Servers) -> None:
    """Users are found by the order of the servers, so the order is checked."""
    gallery.enroll(face("ada", 1), CALL)
    with pytest.raises(StoreUnavailableError, match="another order"):
        connect(servers[::-1])


def test_another_recognizers_gallery_is_refused(gallery: ShardedGallery, servers: Servers) -> None:
    """As for every store."""
    gallery.enroll(face("ada", 1), CALL)
    with pytest.raises(ModelMismatchError):
        connect(servers, OTHER_DIGEST)


def test_servers_without_search_say_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Valkey has no search module here: the start says what is needed."""
    program = redis_servers.valkey()
    if program.missing:
        pytest.skip(program.missing)
    server = redis_servers.RedisServer(program, tmp_path_factory.mktemp("plain")).start()
    try:
        with pytest.raises(StoreUnavailableError, match="no search"):
            connect([server])
    finally:
        server.stop()
