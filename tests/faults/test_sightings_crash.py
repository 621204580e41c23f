"""SIGKILL while people are seen: each sighting that was answered is kept."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from facesvc.domain.collection_settings import CollectionSettings, KeptSettings
from harness.figures import report
from harness.redis_servers import RedisServer, engine
from tests.faults.gallery_writer import store_at
from tests.faults.sighting_writer import PEOPLE
from tests.unit.gallery.gallery_fixtures import CALL, face, opened

SEER = Path(__file__).with_name("sighting_writer.py")
KILLS = int(os.environ.get("FACESVC_TEST_KILLS", "10"))


@pytest.fixture(params=["sqlite", "valkey"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a gallery is kept whose collection has a retention."""
    if request.param == "sqlite":
        place, server = str(tmp_path / "gallery.sqlite3"), None
    else:
        server = RedisServer(engine("valkey"), tmp_path / "valkey").start()
        place = server.patient_url
    store = store_at(place)
    gallery = opened(store)
    gallery.enroll_many([face(f"p{number:04}", number) for number in range(PEOPLE)], CALL)
    kept = KeptSettings(CollectionSettings(retention_days=30), 1, datetime.now(UTC))
    assert store.put_settings("staff", kept, CALL)
    gallery.close()
    yield place
    if server is not None:
        server.stop()


@pytest.mark.timeout(60 + 15 * KILLS)
def test_answered_sightings_survive_a_kill(where: str) -> None:
    """Whenever it comes: who was told of is marked, since the process began."""
    seen = 0
    for kill in range(KILLS):
        began = datetime.now(UTC)
        process = subprocess.Popen([sys.executable, str(SEER), where], stdout=subprocess.PIPE)
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(random.Random(kill).uniform(0.0, 0.4))
        process.kill()
        told = (first + process.stdout.read()).decode().split("\n")[:-1]
        process.wait()
        gallery = opened(store_at(where))
        marks = gallery.last_seen("staff", told, CALL)
        gallery.close()
        assert [person for person in told if marks.get(person, began) <= began] == []
        seen += len(told)
    assert seen > KILLS
    name = "redis-sightings-kill-valkey" if where.startswith("redis") else "sqlite-sightings-kill"
    report(name, kills=KILLS, answered=seen, lost=0)
