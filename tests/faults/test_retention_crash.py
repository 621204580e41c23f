"""A sweep of the retention is killed in the middle: nobody else goes, and the next one ends it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from facesvc.application.retention import TASK
from facesvc.domain.collection_settings import CollectionSettings, KeptSettings
from facesvc.domain.gallery import EnrollMode
from facesvc.gallery.stores.redis.toolkit import keys
from harness.figures import report
from harness.redis_servers import RedisServer, engine
from tests.faults.gallery_writer import store_at
from tests.faults.retention_sweeper import DAYS, FUTURE, sweep_of
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, opened

SWEEPER = Path(__file__).with_name("retention_sweeper.py")
AWAY, SEEN = 240, 60
KILLS = (1, 60, 130)  # told deletions after which the process is killed


@pytest.fixture(params=["sqlite", "valkey"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a gallery is kept."""
    if request.param == "sqlite":
        yield str(tmp_path / "gallery.sqlite3")
        return
    server = RedisServer(engine("valkey"), tmp_path / "valkey").start()
    yield server.patient_url
    server.stop()


def fill(where: str) -> None:
    """Enrol people who will be away, and people with two samples who will have been seen."""
    gallery = opened(store_at(where))
    enrolments = [face(f"away-{number:03}", number) for number in range(AWAY)]
    for number in range(SEEN):
        enrolments += [
            face(f"seen-{number:03}", number),
            face(f"seen-{number:03}", number + 1000, mode=EnrollMode.ADD),
        ]
    gallery.enroll_many(enrolments, CALL)
    now = datetime.now(UTC)
    kept = KeptSettings(CollectionSettings(retention_days=DAYS), 1, now - timedelta(days=1))
    assert store_at_settings(where, gallery, kept)
    seen = {f"seen-{number:03}": now + FUTURE - timedelta(days=5) for number in range(SEEN)}
    gallery.mark_seen("staff", seen, CALL)
    gallery.close()


def store_at_settings(where: str, gallery: object, kept: KeptSettings) -> bool:
    """Keep settings as they were made a while ago."""
    return bool(gallery._store.put_settings("staff", kept, CALL))  # type: ignore[attr-defined]


def people(where: str) -> dict[str, int]:
    """Return who is enrolled, read back whole, with the number of samples."""
    gallery = opened(store_at(where))
    found = {one.user.user_id: len(one.samples) for one in gallery.export_users("staff", CALL)}
    gallery.close()
    return found


def test_killed_sweep_loses_nobody_else_and_the_next_one_ends_it(where: str) -> None:
    """Who was told is gone, who is left is whole, and who was seen is never touched."""
    fill(where)
    seen = {f"seen-{number:03}": 2 for number in range(SEEN)}
    gone: set[str] = set()
    for after in KILLS:
        process = subprocess.Popen(
            [sys.executable, str(SWEEPER), where], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(after)]
        process.kill()
        told += process.stdout.read().split()
        process.wait()
        gone.update(name for name in told if name)
        left = people(where)
        assert {name: count for name, count in left.items() if name in seen} == seen
        away = {name: count for name, count in left.items() if name not in seen}
        assert not gone & away.keys()
        assert set(away.values()) <= {1}
        expire_lease(where)
    gallery = opened(store_at(where))
    sweep_of(gallery)(CALL)
    gallery.close()
    assert gone
    assert people(where) == seen
    name = (
        "sqlite-retention-kill" if not where.startswith("redis") else "redis-retention-kill-valkey"
    )
    report(name, kills=len(KILLS), deleted=AWAY, others_deleted=0)


def expire_lease(where: str) -> None:
    """Let the time of the killed process's task be over."""
    if where.startswith("redis"):
        import redis

        client = redis.Redis.from_url(where.split("?")[0])
        assert client.delete(keys.lease(TASK, DIGEST)) == 1
        client.close()
