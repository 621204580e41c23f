"""Keeps what a release writes, so that later ones can be tested with it.

``python -m tests.upgrade.keep_release`` at a release writes tests/upgrade/<version>/: a gallery in
SQLite, plain and sealed, and the append-only files of it of Redis (in plain text, which every
server reads) and of three searching servers (whose module insists on a binary head).
"""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path
from typing import Any

from facesvc import __version__
from facesvc.application.call import Call
from facesvc.domain.gallery import EnrollMode
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.sharded.sharded_gallery import ShardedGallery
from facesvc.gallery.stores.redis.store import RedisStore
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite.store import SqliteStore
from harness.redis_servers import RedisServer, engine
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face

KEY = b"k" * 32
SHARDS = 3
AOF = Path("appendonlydir") / "appendonly.aof.1.base.aof"


def fill(gallery: Any) -> None:
    """Write a little of everything."""
    gallery.enroll(face("ada", 1, name="Ada", metadata={"floor": 3, "team": ["x"]}), CALL)
    gallery.enroll(face("ada", 2, mode=EnrollMode.ADD), CALL)
    gallery.enroll(face("bob", 3), CALL)
    gallery.enroll(face("eve", 4, name="Eve"), CALL)
    gallery.delete("staff", "eve", CALL)
    gallery.enroll(face("Ünal/b c", 5, collection="guests", name="Ünal"), CALL)
    gallery.enroll(face("gone", 6, collection="gone"), CALL)
    gallery.delete_collection("gone", CALL)
    gallery.set_alias("people", "staff", CALL)
    gallery.purge(Call(60.0))
    gallery.close()


def main() -> None:
    """Write the folder."""
    target = Path(__file__).parent / __version__
    target.mkdir()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, ring in (("plain", None), ("sealed", KeyRing([KEY]))):
            path = folder / f"{kind}.sqlite3"
            gallery = IndexedGallery(SqliteStore(path, recognizer=DIGEST, ring=ring))
            gallery.open()
            fill(gallery)
            _keep(target / f"{path.name}.gz", path.read_bytes())
        text = {"aof-use-rdb-preamble": "no"}
        server = RedisServer(engine("redis"), folder / "redis", text).start()
        store = IndexedGallery(RedisStore(server.patient_url, DIGEST))
        store.open()
        fill(store)
        _keep_server(server, target / "redis.aof.gz")
        shards = [
            RedisServer(engine("redis-stack"), folder / f"shard-{n}").start() for n in range(SHARDS)
        ]
        sharded = ShardedGallery([one.patient_url for one in shards], DIGEST)
        sharded.open()
        fill(sharded)
        for number, one in enumerate(shards, 1):
            _keep_server(one, target / f"shard-{number}.aof.gz")


def _keep_server(server: RedisServer, target: Path) -> None:
    server.stop()
    parts = sorted((server.folder / "appendonlydir").glob("appendonly.aof.*.*.*"), key=_order)
    _keep(target, b"".join(part.read_bytes() for part in parts))


def _order(part: Path) -> tuple[int, bool]:
    _, _, number, kind, _ = part.name.split(".")
    return int(number), kind == "incr"


def _keep(target: Path, data: bytes) -> None:
    with gzip.GzipFile(target, "wb", mtime=0) as file:
        file.write(data)


if __name__ == "__main__":
    main()
