"""SIGKILL in the middle of writes: no write without its event, no event without its write."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from facesvc.domain.event_cursor import OLDEST
from facesvc.domain.events import Event, EventKind
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.redis.store import RedisStore
from facesvc.gallery.stores.sqlite.store import SqliteStore
from harness import redis_servers
from harness.figures import report
from tests.faults.gallery_writer import EVENTS, EVENTS_VARIABLE
from tests.faults.test_gallery_crash import KILLS, THREADS, WRITER
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, opened

COLLECTION = "staff"
KILLS_A_SERVER = -(-KILLS // len(redis_servers.ENGINES))


def events_of(gallery: IndexedGallery) -> list[Event]:
    """Return every event of the collection, page by page."""
    assert gallery.events is not None
    found: list[Event] = []
    cursor = OLDEST
    while True:
        page = gallery.events.read(cursor, COLLECTION, 500, CALL)
        found += page.events
        cursor = page.cursor
        if not page.more:
            return found


def check(gallery: IndexedGallery) -> int:
    """Compare the events with the gallery: one for every version, and whoever knows only them
    knows every user and sample. Return how many there are.
    """
    events = events_of(gallery)
    versions = [event.data["version"] for event in events]
    (info,) = gallery.list_collections()
    assert versions == list(range(1, info.version + 1))
    assert len({event.event_id for event in events}) == len(events)
    known: dict[str, list[str]] = {}
    for event in events:
        if event.kind == EventKind.USER_DELETED:
            del known[event.user_id]
            continue
        assert event.kind == EventKind.USER_ENROLLED
        samples = [*known.get(event.user_id, []), event.data["sample_id"]]
        known[event.user_id] = samples[-event.data["samples"] :]
        assert len(known[event.user_id]) == event.data["samples"]
    stored = {
        one.user.user_id: [sample.sample_id for sample in one.samples]
        for one in gallery.export_users(COLLECTION, CALL)
    }
    assert stored == known
    return len(events)


def write_and(what: Callable[[subprocess.Popen[bytes]], None], where: object, seed: int) -> None:
    """Run a writer, and do something to it a moment after its first write."""
    process = subprocess.Popen(
        [sys.executable, str(WRITER), str(where), str(THREADS), str(seed)],
        stdout=subprocess.PIPE,
        env={**os.environ, EVENTS_VARIABLE: "1"},
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.readline()
    time.sleep(random.Random(seed).uniform(0.02, 0.4))
    what(process)
    process.stdout.read()
    process.wait()


@pytest.mark.timeout(60 + 15 * KILLS)
def test_sqlite_killed_in_the_middle_of_writes_has_an_event_for_each(tmp_path: Path) -> None:
    """After each SIGKILL the events alone give the gallery, sample by sample."""
    path, count = tmp_path / "gallery.db", 0
    for kill in range(KILLS):
        write_and(subprocess.Popen.kill, path, kill)
        gallery = opened(SqliteStore(path, recognizer=DIGEST, events=EVENTS))
        before, count = count, check(gallery)
        gallery.close()
        assert count > before
    report("sqlite-events-kill", kills=KILLS, writes=count, without_event=0, invented=0)


@pytest.fixture(params=redis_servers.ENGINES)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[redis_servers.RedisServer]:
    """Yield a server of the test's own."""
    program = redis_servers.engine(request.param)
    assert not program.missing, program.missing
    server = redis_servers.RedisServer(program, tmp_path / "server").start()
    yield server
    server.stop()


@pytest.mark.timeout(60 + 15 * KILLS)
def test_redis_killed_in_the_middle_of_writes_has_an_event_for_each(
    server: redis_servers.RedisServer,
) -> None:
    """Whether the service is killed or Redis: the events alone give the gallery."""
    count = 0

    def kill_server(process: subprocess.Popen[bytes]) -> None:
        server.kill()
        time.sleep(0.1)
        process.kill()
        server.start()

    for kill in range(KILLS_A_SERVER):
        kills_it = kill_server if kill % 2 else subprocess.Popen.kill
        write_and(kills_it, server.patient_url, kill)
        gallery = opened(RedisStore(server.patient_url, DIGEST, events=EVENTS))
        before, count = count, check(gallery)
        gallery.close()
        assert count > before
    report(
        f"redis-events-kill-{server.engine.name}",
        server=server.engine.name,
        kills=KILLS_A_SERVER,
        writes=count,
        without_event=0,
        invented=0,
    )
