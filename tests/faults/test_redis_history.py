"""Concurrent enrolments, deletions and reads on two replicas: each user's history is linearizable.

A user is a register: an enrolment writes a number, told by the name and by how similar the face
is to the user's probe; a deletion writes "absent"; Get, Search and Verify read. With min_version
set to the last version that any thread was given, a read anywhere must return the value of a
write that had begun before the read ended and that no other write, finished before the read
began, had replaced.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.domain.errors import StoreUnavailableError, UserNotFoundError
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.redis.store import RedisStore
from harness import redis_servers
from harness.figures import report
from harness.redis_fakes import RECOGNIZER, enrolment
from tests.unit.gallery.gallery_fixtures import query

# 100,000 for the figure in the docs, which counts those on both servers, calm and killed
OPERATIONS = int(os.environ.get("FACESVC_TEST_HISTORY", "12000")) // (
    2 * len(redis_servers.ENGINES)
)
THREADS = 4
USERS = 6
VALUES = 64  # that a register can take
LOWEST, STEP = 0.5, 0.005  # similarities of value 0, and from one value to the next
ABSENT = -1
WRITES = ("enroll", "delete")


@dataclass(frozen=True)
class Done:
    """One operation: when it began and ended, and what it wrote or read. ``version`` is the
    write's, 0 when its outcome is unknown.
    """

    began: float
    ended: float
    value: int
    version: int = 0


@dataclass
class Register:
    """The history of one user."""

    writes: list[Done] = field(default_factory=list)
    reads: list[Done] = field(default_factory=list)

    def violations(self) -> list[str]:
        """Return the reads that no order of the writes explains."""
        known = sorted((one for one in self.writes if one.version), key=lambda one: one.version)
        unknown = [one for one in self.writes if not one.version]
        found = []
        newest_start = 0.0
        for one in known:
            newest_start = max(newest_start, one.began)
            if one.ended < newest_start:
                found.append(f"version {one.version} was finished before a lower one began")
        first = Done(-2.0, -1.0, ABSENT)
        for read in self.reads:
            floor = max(
                (one for one in [first, *known] if one.ended < read.began),
                key=lambda one: one.version,
            )
            allowed = {floor.value}
            allowed |= {
                one.value for one in known if one.version > floor.version and one.began < read.ended
            }
            allowed |= {one.value for one in unknown if one.began < read.ended}
            if read.value not in allowed:
                found.append(f"read {read.value}, allowed {sorted(allowed)}")
        return found


class Workload:
    """Runs random operations over two galleries and writes the histories down."""

    def __init__(self, galleries: list[IndexedGallery], operations: int) -> None:
        self.registers = [Register() for _ in range(USERS)]
        self.unavailable = 0
        self._galleries = galleries
        self._lock = threading.Lock()
        self._version = 0
        self._left = operations

    def run(self) -> None:
        """Return when all operations are done."""
        threads = [threading.Thread(target=self._work, args=(seed,)) for seed in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self, seed: int) -> None:
        dice = random.Random(seed)
        while True:
            with self._lock:
                if self._left == 0:
                    return
                self._left -= 1
                seen = self._version
            user = dice.randrange(USERS)
            gallery = dice.choice(self._galleries)
            began = time.monotonic()
            kind = dice.choices(["enroll", "delete", "get", "search", "verify"], [3, 1, 2, 2, 2])[0]
            if kind in WRITES:
                value = dice.randrange(VALUES) if kind == "enroll" else ABSENT
                self._write(gallery, user, value, began)
            else:
                self._read(gallery, user, kind, seen, began)

    def _write(self, gallery: IndexedGallery, user: int, value: int, began: float) -> None:
        version = 0
        try:
            if value == ABSENT:
                version = gallery.delete("default", f"u{user}", Call(5.0)).version
            else:
                one = replace(enrolment(f"u{user}", name=str(value)), embedding=_face(user, value))
                version = gallery.enroll(one, Call(5.0)).version
        except UserNotFoundError:
            done = Done(began, time.monotonic(), ABSENT)
            with self._lock:
                self.registers[user].reads.append(done)  # it saw that there was nobody
            return
        except StoreUnavailableError:
            self.unavailable += 1
        ended = time.monotonic() if version else float("inf")  # unknown: perhaps later still
        with self._lock:
            self.registers[user].writes.append(Done(began, ended, value, version))
            self._version = max(self._version, version)

    def _read(self, gallery: IndexedGallery, user: int, kind: str, seen: int, began: float) -> None:
        call = Call(5.0)
        try:
            value = _value(gallery, user, kind, seen, call)
        except StoreUnavailableError:
            self.unavailable += 1
            return
        with self._lock:
            self.registers[user].reads.append(Done(began, time.monotonic(), value))


def _face(user: int, value: int) -> NDArray[np.float32]:
    """Return a face of the user, float32 (512,), whose similarity to its probe tells the value."""
    similarity = LOWEST + STEP * value
    vector = np.zeros(512, np.float32)
    vector[2 * user] = similarity
    vector[2 * user + 1] = np.sqrt(1 - similarity**2)
    return vector


def _value(gallery: IndexedGallery, user: int, kind: str, seen: int, call: Call) -> int:
    """Return what a read says the user's register holds."""
    name, probe = f"u{user}", np.zeros(512, np.float32)
    probe[2 * user] = 1
    try:
        if kind == "get":
            return int(gallery.get("default", name, call, min_version=seen).name)
        if kind == "verify":
            similarity = gallery.similarity("default", name, probe, call, min_version=seen)
        else:
            matches = gallery.search(query("default", probe, 3, 0.4, min_version=seen), call).first
            if not matches:
                return ABSENT
            assert [one.user_id for one in matches] == [name]
            assert matches[0].name == str(round((matches[0].similarity - LOWEST) / STEP))
            similarity = matches[0].similarity
    except UserNotFoundError:
        return ABSENT
    return round((similarity - LOWEST) / STEP)


@pytest.fixture(params=redis_servers.ENGINES)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[redis_servers.RedisServer]:
    """Yield a server of the test's own."""
    program = redis_servers.engine(request.param)
    if program.missing:
        pytest.skip(program.missing)
    server = redis_servers.RedisServer(program, tmp_path / "server").start()
    yield server
    server.stop()


@pytest.mark.parametrize("faults", [0, 3], ids=["calm", "killed"])
def test_history_of_two_replicas_is_linearizable(
    server: redis_servers.RedisServer,
    faults: int,
) -> None:
    """No read on either replica contradicts any order of the writes, with kills or without."""
    stores = [RedisStore(url=server.patient_url, recognizer=RECOGNIZER) for _ in range(2)]
    galleries = [IndexedGallery(store) for store in stores]
    try:
        for gallery in galleries:
            gallery.open()
        workload = Workload(galleries, OPERATIONS)
        running = threading.Thread(target=workload.run)
        running.start()
        for _ in range(faults):
            time.sleep(0.5)
            server.kill()
            time.sleep(0.1)
            server.start()
        running.join()
        violations = [text for register in workload.registers for text in register.violations()]
        assert violations == []
        reads = sum(len(register.reads) for register in workload.registers)
        writes = sum(len(register.writes) for register in workload.registers)
        assert reads + writes + workload.unavailable >= OPERATIONS
        assert faults or not workload.unavailable
        report(
            f"redis-history-{'killed' if faults else 'calm'}-{server.engine.name}",
            server=f"{server.engine.name} {f'killed {faults} times' if faults else 'calm'}",
            operations=reads + writes,
            violations=0,
        )
    finally:
        for gallery in galleries:
            gallery.close()


def test_the_checker_sees_a_stale_read() -> None:
    """A read of the old value after the new one was acknowledged is a violation."""
    register = Register(
        writes=[Done(1, 2, 10, version=1), Done(3, 4, 20, version=2)], reads=[Done(5, 6, 10)]
    )
    assert register.violations()
    register.reads = [Done(3.5, 6, 10), Done(5, 6, 20), Done(0, 0.5, ABSENT)]
    assert register.violations() == []
