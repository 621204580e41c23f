"""SIGKILL in the middle of merges, moves, deletions of samples and updates: each is there whole or
not at all, and no sample is lost or there twice.
"""

from __future__ import annotations

import base64
import copy
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.sharded.sharded_gallery import ShardedGallery
from facesvc.gallery.stores.redis.store import RedisStore
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite.store import SqliteStore
from harness import redis_servers
from harness.figures import report
from harness.redis_fakes import RecordingSink
from tests.faults.edit_writer import COLLECTION, store_at
from tests.faults.redis_faults import divergence
from tests.faults.test_gallery_crash import KILLS, THREADS
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, opened, query, vector

WRITER = Path(__file__).with_name("edit_writer.py")
KEYS = {"plain": "", "sealed": base64.b64encode(b"e" * 32).decode()}


@dataclass
class People:
    """Samples, sorted, and name of every user."""

    samples: dict[str, list[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def after(self, line: dict[str, Any], sample: str) -> People:
        """Return them after an edit; ``sample`` is the one that an enrolment made."""
        now = copy.deepcopy(self)
        held, user, other = now.samples, line["user"], line.get("other", "")
        match line["intent"]:
            case "add":
                held.setdefault(user, []).append(sample)
                now.names.setdefault(user, "")
            case "merge":
                held[user] += held.pop(other)
                del now.names[other]
            case "move":
                held[user].remove(line["sample"])
                held.setdefault(other, []).append(line["sample"])
                now.names.setdefault(other, "")
            case "unsample":
                held[user].remove(line["sample"])
            case "update":
                now.names[user] = line["name"]
        for ids in held.values():
            ids.sort()
        return now

    def of_thread(self, thread: int) -> People:
        """Return one thread's."""
        mine = f"t{thread}-"
        return People(
            {user: ids for user, ids in self.samples.items() if user.startswith(mine)},
            {user: name for user, name in self.names.items() if user.startswith(mine)},
        )


class Promises:
    """What the store owes, and for each thread the edit that was not answered."""

    def __init__(self) -> None:
        self.owed = People()
        self.open: dict[int, dict[str, Any]] = {}
        self.seeds: dict[str, int] = {}
        self.answered: Counter[str] = Counter()

    def hear(self, lines: Iterable[bytes]) -> None:
        """Take the lines of a writer; the last one may be cut off."""
        for raw in lines:
            try:
                line = json.loads(raw)
            except ValueError:
                continue
            if "intent" in line:
                self.open[line["thread"]] = line
            elif "promise" in line:
                intent = self.open.pop(line["thread"])
                self.owed = self.owed.after(intent, line["sample"])
                self.answered[intent["intent"]] += 1
                if "seed" in intent:
                    self.seeds[line["sample"]] = intent["seed"]

    def settle(self, gallery: IndexedGallery | ShardedGallery) -> None:
        """Compare with what is stored, in the records and in the index alike; learn how the open
        edits ended.
        """
        stored = _stored(gallery)
        every = [sample for ids in stored.samples.values() for sample in ids]
        assert len(every) == len(set(every)), "a sample is there twice"
        for thread, line in self.open.items():
            found = stored.of_thread(thread)
            new = set(every) - self.seeds.keys() if line["intent"] == "add" else set()
            mine = new & {sample for ids in found.samples.values() for sample in ids}
            sample = next(iter(mine), "")
            if sample:
                self.seeds[sample] = line["seed"]
            before = self.owed.of_thread(thread)
            assert found in (before, before.after(line, sample)), line
            self.owed = _replaced(self.owed, thread, found)
        self.open.clear()
        assert stored == self.owed
        self._check_index(gallery)

    def _check_index(self, gallery: IndexedGallery | ShardedGallery) -> None:
        assert gallery.size(COLLECTION).samples == sum(map(len, self.owed.samples.values()))
        for user, ids in self.owed.samples.items():
            for sample in ids:
                probe = vector(self.seeds[sample])
                found = gallery.search(query(COLLECTION, probe, 5, 0.9), CALL).first
                assert [(m.user_id, m.name) for m in found] == [(user, self.owed.names[user])]


def _stored(gallery: IndexedGallery | ShardedGallery) -> People:
    found = People()
    if gallery.list_collections():
        for one in gallery.export_users(COLLECTION, CALL):
            assert one.user.samples == len(one.samples), "half a record"
            found.samples[one.user.user_id] = sorted(sample.sample_id for sample in one.samples)
            found.names[one.user.user_id] = one.user.name
    return found


def _replaced(people: People, thread: int, found: People) -> People:
    mine = f"t{thread}-"
    samples = {user: ids for user, ids in people.samples.items() if not user.startswith(mine)}
    names = {user: name for user, name in people.names.items() if not user.startswith(mine)}
    return People({**samples, **found.samples}, {**names, **found.names})


def written_until(
    end: Callable[[subprocess.Popen[bytes]], None], where: object, seed: int, key: str
) -> list[bytes]:
    """Run a writer until ``end`` a moment after its first edit; return its lines."""
    process = subprocess.Popen(
        [sys.executable, str(WRITER), str(where), str(THREADS), str(seed), key],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    first = [process.stdout.readline(), process.stdout.readline()]
    time.sleep(random.Random(seed).uniform(0.05, 0.5))
    end(process)
    rest = process.stdout.read().splitlines(keepends=True)
    process.wait()
    return [*first, *rest]


@pytest.mark.timeout(60 + 10 * KILLS)
@pytest.mark.parametrize("kind", KEYS)
def test_killed_in_the_middle_of_edits_loses_and_doubles_no_sample(
    tmp_path: Path, kind: str
) -> None:
    """A file: after each SIGKILL every answered edit is there, and the others whole or not."""
    path, key = tmp_path / "gallery.db", KEYS[kind]
    promises = Promises()
    for kill in range(KILLS):
        promises.hear(written_until(lambda process: process.kill(), path, kill, key))
        gallery = opened(store_at(str(path), key))
        promises.settle(gallery)
        gallery.close()
    check_enough(promises.answered)
    report(f"sqlite-edit-kill-{kind}", kills=KILLS, **promises.answered, lost=0, doubled=0)


@pytest.fixture(params=redis_servers.ENGINES)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[redis_servers.RedisServer]:
    """A server of the test's own."""
    program = redis_servers.engine(request.param)
    if program.missing:
        pytest.skip(program.missing)
    server = redis_servers.RedisServer(program, tmp_path / "server").start()
    yield server
    server.stop()


@pytest.mark.timeout(60 + 10 * KILLS)
@pytest.mark.parametrize("kind", KEYS)
def test_replica_or_redis_killed_in_the_middle_of_edits_loses_and_doubles_no_sample(
    server: redis_servers.RedisServer, kind: str
) -> None:
    """Redis: SIGKILL of the writing replica, and of Redis itself. A replica that followed all the
    time agrees with one that starts.
    """
    key, promises, sink = KEYS[kind], Promises(), RecordingSink()
    ring = KeyRing([base64.b64decode(key)]) if key else None
    follower = RedisStore(server.patient_url, DIGEST, ring=ring)
    follower.open(sink)

    def kill_redis(process: subprocess.Popen[bytes]) -> None:
        server.kill()
        time.sleep(0.05)
        process.kill()

    for kill in range(KILLS):
        end = kill_redis if kill % 4 == 3 else lambda process: process.kill()
        promises.hear(written_until(end, server.patient_url, kill, key))
        if not server.running:
            server.start()
        gallery = opened(store_at(server.patient_url, key))
        promises.settle(gallery)
        gallery.close()
    check_enough(promises.answered)
    if not key:
        assert divergence(server.patient_url, [sink], DIGEST) == 0
    follower.close()
    name = f"redis-edit-kill-{kind}-{server.engine.name}"
    report(name, kills=KILLS, **promises.answered, lost=0, doubled=0)


def check_enough(answered: Counter[str]) -> None:
    """Each kind of edit was answered some times."""
    assert all(answered[what] >= KILLS // 4 for what in ("merge", "move", "unsample", "update"))


def test_promises_would_notice_a_lost_and_a_doubled_sample(tmp_path: Path) -> None:
    """The comparison itself, on a gallery that is not as promised."""
    path = tmp_path / "gallery.db"
    promises = Promises()
    promises.hear(written_until(lambda process: process.kill(), path, 1, ""))
    gallery = opened(SqliteStore(path, recognizer=DIGEST))
    promises.settle(gallery)
    user = next(iter(promises.owed.samples))
    for samples in (promises.owed.samples[user][1:], [*promises.owed.samples[user], "0" * 32]):
        wrong = copy.deepcopy(promises)
        wrong.owed.samples[user] = samples
        with pytest.raises(AssertionError):
            wrong.settle(gallery)
    gallery.close()
