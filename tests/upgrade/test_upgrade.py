"""Galleries that earlier releases wrote, opened by this one; see keep_release.py."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facesvc.domain.faces import BoundingBox
from facesvc.domain.gallery import CollectionInfo, EnrollMode
from facesvc.domain.sample_facts import NO_FACTS, SampleFacts, SampleSource
from facesvc.gallery.sharded.sharded_gallery import ShardedGallery
from facesvc.gallery.stores.port import GalleryOpenError
from facesvc.gallery.stores.redis.store import RedisStore
from facesvc.gallery.stores.redis.toolkit import keys
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite import gallery_file, schema
from facesvc.gallery.stores.sqlite.store import SqliteStore
from harness.redis_servers import ENGINES, RedisServer, engine
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, opened, query, vector
from tests.upgrade.keep_release import AOF, KEY, SHARDS

FOLDER = Path(__file__).parent
RELEASES = sorted(path.name for path in FOLDER.iterdir() if (path / "plain.sqlite3.gz").exists())
RINGS = {"plain": None, "sealed": KeyRing([KEY])}
ONE_MORE = ("ALTER TABLE aliases ADD COLUMN note TEXT", "CREATE TABLE later (id INTEGER)")


def check(gallery: Any, *, versions_by_server: bool = False) -> None:
    """Compare with what keep_release.fill wrote, then write on."""
    ada = gallery.get("people", "ada", CALL)
    assert (ada.name, dict(ada.metadata), ada.samples) == ("Ada", {"floor": 3, "team": ["x"]}, 2)
    assert ada.created_at < ada.updated_at
    for user, collection, seeds in (
        ("ada", "staff", (1, 2)),
        ("bob", "staff", (3,)),
        ("Ünal/b c", "guests", (5,)),
    ):
        for seed in seeds:
            (match,) = gallery.search(query(collection, vector(seed), 5, 0.45), CALL).first
            assert (match.user_id, match.similarity) == (user, pytest.approx(1.0, abs=5e-4))
    assert gallery.search(query("staff", vector(4), 5, 0.45), CALL).first == []
    exported = list(gallery.export_users("staff", CALL))
    check_samples(gallery)
    assert [(one.user.user_id, len(one.samples)) for one in exported] == [("ada", 2), ("bob", 1)]
    np.testing.assert_allclose(exported[0].samples[1].embedding, vector(2), atol=2e-4)
    listed = gallery.list_collections()
    assert [(info.name, info.aliases, info.users, info.samples) for info in listed] == [
        ("guests", (), 1, 1),
        ("staff", ("people",), 2, 3),
    ]
    if not versions_by_server:
        assert listed[1] == CollectionInfo("staff", DIGEST, 8, 2, 3, ("people",))
        assert gallery.enroll(face("new", 6, collection="gone"), CALL).version == 3
    receipt = gallery.enroll(face("ada", 7, mode=EnrollMode.ADD), CALL)
    assert receipt.samples == 3
    assert receipt.version > ada.version
    assert versions_by_server or receipt.version == 9
    assert gallery.get("staff", "ada", CALL).created_at == ada.created_at
    assert gallery.delete("staff", "bob", CALL).removed == 1


def check_samples(gallery: Any) -> None:
    """0.1.0 kept nothing of where a sample is from: it is told as unknown, beside what is known of
    one that comes now; the new one is stored with all of it, in a row of its own.
    """
    known = SampleFacts(SampleSource.PHOTO, 0.75, BoundingBox(10, 20, 110, 140))
    gallery.enroll(face("guest", 8, facts=known), CALL)
    gallery.enroll(face("guest", 9, mode=EnrollMode.ADD), CALL)
    (guest, other), old = (
        gallery.enrolled("staff", user, CALL).samples for user in ("guest", "ada")
    )
    assert (guest.facts, other.facts) == (known, NO_FACTS)
    assert [sample.facts for sample in old] == [NO_FACTS, NO_FACTS]
    assert [sample.quality for sample in old] == [0.8, 0.8]
    gallery.delete("staff", "guest", CALL)


def restored(release: str, kind: str, folder: Path) -> Path:
    """Return a copy of a release's gallery."""
    path = folder / "gallery.sqlite3"
    path.write_bytes(gzip.decompress((FOLDER / release / f"{kind}.sqlite3.gz").read_bytes()))
    return path


@contextmanager
def server_of(release: str, name: str, program: str, folder: Path) -> Iterator[RedisServer]:
    """Run a server on a release's append-only file."""
    server = RedisServer(engine(program), folder / name)
    file = server.folder / AOF
    file.parent.mkdir()
    file.write_bytes(gzip.decompress((FOLDER / release / f"{name}.aof.gz").read_bytes()))
    manifest = file.with_name("appendonly.aof.manifest")
    manifest.write_text(f"file {file.name} seq 1 type b\n")
    server.start()
    yield server
    server.stop()


def schema_of(path: Path) -> int:
    """Return the schema that a file says it has."""
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_releases_are_kept() -> None:
    """Else the tests below would try nothing."""
    assert "0.1.0" in RELEASES


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("kind", RINGS)
def test_sqlite_gallery_of_a_release_opens(release: str, kind: str, tmp_path: Path) -> None:
    """With every user, sample, alias and version, and it goes on from there."""
    path = restored(release, kind, tmp_path)
    with closing(opened(SqliteStore(path, recognizer=DIGEST, ring=RINGS[kind]))) as gallery:
        check(gallery)
    with closing(opened(SqliteStore(path, recognizer=DIGEST, ring=RINGS[kind]))) as gallery:
        assert gallery.get("staff", "ada", CALL).samples == 3


@pytest.mark.parametrize("kind", RINGS)
def test_migration_backs_up_first(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The backup beside the file has the schema of before, and is read by the release of before."""
    path, ring = restored("0.1.0", kind, tmp_path), RINGS[kind]
    before = schema_of(path)
    with monkeypatch.context() as later:
        later.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ONE_MORE))
        for _ in range(2):
            opened(SqliteStore(path, recognizer=DIGEST, ring=ring)).close()
        with closing(opened(SqliteStore(path, recognizer=DIGEST, ring=ring))) as gallery:
            check(gallery)
    assert schema_of(path) == len(schema.MIGRATIONS) + 1
    (backup,) = tmp_path.glob(f"gallery.sqlite3.schema-{before}.*.backup")
    assert schema_of(backup) == before
    assert backup.stat().st_mode & 0o777 == 0o600
    with pytest.raises(GalleryOpenError, match="restore the backup"):
        opened(SqliteStore(path, recognizer=DIGEST, ring=ring))
    backup.replace(path)
    for leftover in ("-wal", "-shm"):
        path.with_name(path.name + leftover).unlink(missing_ok=True)
    with closing(opened(SqliteStore(path, recognizer=DIGEST, ring=ring))) as gallery:
        check(gallery)


def test_migration_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither when a statement fails half-way, nor when there is no room for the backup."""
    path = restored("0.1.0", "plain", tmp_path)
    before = schema_of(path)

    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    for broken in (
        (schema, "MIGRATIONS", (*schema.MIGRATIONS, (*ONE_MORE, "CREATE TABLE later (id)"))),
        (gallery_file, "back_up", full),
    ):
        with monkeypatch.context() as later:
            later.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, ONE_MORE))
            later.setattr(*broken)
            with pytest.raises((GalleryOpenError, OSError)):
                opened(SqliteStore(path, recognizer=DIGEST))
        assert schema_of(path) == before
    with closing(opened(SqliteStore(path, recognizer=DIGEST))) as gallery:
        check(gallery)


def test_newer_sqlite_gallery_is_refused_unchanged(tmp_path: Path) -> None:
    """The text tells both schemas and the ways out."""
    path = restored("0.1.0", "plain", tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    known = rf"schema 99.*knows up to {len(schema.MIGRATIONS)}.*Nothing was changed"
    with pytest.raises(GalleryOpenError, match=known):
        opened(SqliteStore(path, recognizer=DIGEST))
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.glob("*backup*")] == []


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("program", ENGINES)
def test_redis_gallery_of_a_release_opens(release: str, program: str, tmp_path: Path) -> None:
    """As for a file; the schema is noted in the server from then on."""
    with server_of(release, "redis", program, tmp_path) as server:
        for _ in range(2):
            store = RedisStore(server.patient_url, DIGEST)
            with closing(opened(store)):
                assert server.client().get(keys.SCHEMA) == b"1"
        with closing(opened(RedisStore(server.patient_url, DIGEST))) as gallery:
            check(gallery)


@pytest.mark.parametrize("release", RELEASES)
def test_sharded_gallery_of_a_release_opens(release: str, tmp_path: Path) -> None:
    """As for a file; versions count by server."""
    with ExitStack() as stack:
        servers = [
            stack.enter_context(server_of(release, f"shard-{n}", "redis-stack", tmp_path))
            for n in range(1, SHARDS + 1)
        ]
        gallery = ShardedGallery([one.patient_url for one in servers], DIGEST)
        gallery.open()
        stack.callback(gallery.close)
        check(gallery, versions_by_server=True)
        assert {one.client().get(keys.SCHEMA) for one in servers} == {b"1"}


def test_newer_redis_gallery_is_refused_unchanged(tmp_path: Path) -> None:
    """By the store, and by a gallery that is searched in the servers."""
    with server_of("0.1.0", "redis", "redis", tmp_path) as server:
        server.client().set(keys.SCHEMA, 99)
        before = _everything(server)
        with pytest.raises(GalleryOpenError, match=r"schema 99.*knows up to 1.*Nothing was"):
            opened(RedisStore(server.patient_url, DIGEST))
        assert _everything(server) == before
    with server_of("0.1.0", "shard-1", "redis-stack", tmp_path) as shard:
        shard.client().set(keys.SCHEMA, 99)
        with pytest.raises(GalleryOpenError, match="schema 99"):
            ShardedGallery([shard.patient_url], DIGEST).open()


def _everything(server: RedisServer) -> dict[bytes, Any]:
    client = server.client()
    return {key: client.dump(key) for key in client.scan_iter() if b":r:" not in key}
