"""SIGKILL while CheckIn decides with EVENTS_DECISIONS_DURABLE: what was answered is told."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from facesvc.domain.event_cursor import OLDEST
from facesvc.gallery.indexed_gallery import IndexedGallery
from harness.figures import report
from harness.redis_servers import RedisServer, engine
from tests.contract.webhook_receiver import Receiver, receiving
from tests.faults.decider import ENDPOINT, sender_of
from tests.faults.gallery_writer import EVENTS, EVENTS_VARIABLE, store_at
from tests.faults.test_events_crash import KILLS, events_of
from tests.unit.gallery.gallery_fixtures import opened

DECIDER = Path(__file__).with_name("decider.py")


@pytest.fixture(params=["sqlite", "valkey"])
def where(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Where a gallery is kept."""
    monkeypatch.setenv(EVENTS_VARIABLE, "1")
    monkeypatch.setattr("tests.faults.gallery_writer.KEPT", EVENTS)
    if request.param == "sqlite":
        yield str(tmp_path / "gallery.sqlite3")
        return
    server = RedisServer(engine("valkey"), tmp_path / "valkey").start()
    yield server.patient_url
    server.stop()


def taken(receiver: Receiver) -> set[str]:
    """Return about whom the receiver was told."""
    with receiver.news:
        return {one.event["data"]["claimed_user_id"] for one in receiver.deliveries}


def kept_cursor(gallery: IndexedGallery) -> None:
    """Let the endpoint be told from the first event on."""
    assert gallery.events is not None
    gallery.events.deliveries.save_cursor(ENDPOINT, OLDEST.encode())


@pytest.mark.timeout(120 + 15 * KILLS)
def test_answered_decisions_survive_a_kill_and_are_delivered(where: str) -> None:
    """Each is one event in the log, and reaches the endpoint at least once, from this process or
    from the next.
    """
    gallery = opened(store_at(where))
    kept_cursor(gallery)
    gallery.close()
    answered: set[str] = set()
    with receiving() as receiver:
        for kill in range(KILLS):
            command = [sys.executable, str(DECIDER), where, receiver.url]
            process = subprocess.Popen(command, stdout=subprocess.PIPE)
            assert process.stdout is not None
            first = process.stdout.readline()
            time.sleep(random.Random(kill).uniform(0.0, 0.3))
            process.kill()
            answered.update((first + process.stdout.read()).decode().split("\n")[:-1])
            process.wait()
        gallery = opened(store_at(where))
        told = [event.data["claimed_user_id"] for event in events_of(gallery)]
        assert len(set(told)) == len(told)
        assert answered - set(told) == set()
        sender = sender_of(gallery, receiver.url)
        sender.start()
        ends = time.monotonic() + 100  # the lease of the process that was killed is 30 s
        while not answered <= taken(receiver) and time.monotonic() < ends:
            time.sleep(0.1)
        sender.close()
        gallery.close()
        assert answered - taken(receiver) == set()
        again = len(receiver.deliveries) - len(taken(receiver))
    name = "redis-decisions-kill-valkey" if where.startswith("redis") else "sqlite-decisions-kill"
    report(name, kills=KILLS, answered=len(answered), lost=0, sent_again=again)
