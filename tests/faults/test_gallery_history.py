"""Concurrent enrolments, deletions, searches, verifications and look-ups of the same users."""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.errors import UserNotFoundError
from facesvc.gallery.index.kernels import exact_similarities
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.sqlite.store import SqliteStore
from harness.figures import report
from tests.faults.history import ABSENT, Read, Write, violations
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, opened, query, vector

OPERATIONS = int(os.environ.get("FACESVC_TEST_OPERATIONS", "4000"))  # 100000 for the docs
THREADS = 6
USERS = 3


class Client:
    """One thread's calls, and what it saw: a score tells which enrolment it is the score of."""

    _guard = threading.Lock()

    def __init__(
        self,
        gallery: IndexedGallery,
        number: int,
        count: int,
        taken: set[tuple[str, float]],
    ) -> None:
        self._taken = taken
        self._gallery = gallery
        self._rng = random.Random(number)
        self._number = number
        self._count = count
        self.seen: list[tuple[str, str, int, int, object]] = []
        self.scores: dict[tuple[str, float], tuple[str, int]] = {}
        self.error: BaseException | None = None

    def run(self) -> None:
        """Call at random."""
        try:
            for number in range(self._count):
                self._call(number)
        except BaseException as error:
            self.error = error
            raise

    def _call(self, number: int) -> None:
        user = f"u{self._rng.randrange(USERS)}"
        kinds = ["enroll", "delete", "search", "verify", "get"]
        what = self._rng.choices(kinds, [3, 1, 4, 4, 4])[0]
        begin = time.perf_counter_ns()
        result = getattr(self, f"_{what}")(user, number)
        self.seen.append((what, user, begin, time.perf_counter_ns(), result))

    def _enroll(self, user: str, number: int) -> int:
        embedding, score = self._new_face(user, self._number * 10**6 + number)
        version = self._gallery.enroll(face(user, embedding=embedding), CALL).version
        self.scores[user, score] = ("version", version)
        return version

    def _new_face(self, user: str, number: int) -> tuple[NDArray[np.float32], float]:
        """Return a face of the user, and its score, which no other face has: among thousands
        of float32 scores some would be equal by chance.
        """
        while True:
            embedding = _near(user, number)
            score = float(exact_similarities(_probe(user), embedding[np.newaxis])[0])
            with self._guard:
                if (user, score) not in self._taken:
                    self._taken.add((user, score))
                    return embedding, score
            number += 10**8

    def _delete(self, user: str, number: int) -> int | None:
        try:
            return self._gallery.delete("staff", user, CALL).version
        except UserNotFoundError:
            return None

    def _search(self, user: str, number: int) -> float | None:
        matches = self._gallery.search(query("staff", _probe(user), USERS, 0.5), CALL).first
        return matches[0].similarity if matches else None

    def _verify(self, user: str, number: int) -> float | None:
        try:
            return self._gallery.similarity("staff", user, _probe(user), CALL)
        except UserNotFoundError:
            return None

    def _get(self, user: str, number: int) -> int | None:
        try:
            return self._gallery.get("staff", user, CALL).version
        except UserNotFoundError:
            return None


def _probe(user: str) -> NDArray[np.float32]:
    return vector(int(user[1:]))


def _near(user: str, number: int) -> NDArray[np.float32]:
    """Return an embedding of the user whose score is its own."""
    raw = _probe(user) + 0.5 * vector(1000 + number)
    near: NDArray[np.float32] = (raw / np.linalg.norm(raw)).astype(np.float32)
    return near


def _history(clients: list[Client], user: str) -> list[Write | Read]:
    versions = {
        score: version
        for client in clients
        for (of, score), (_, version) in client.scores.items()
        if of == user
    }
    history: list[Write | Read] = []
    for client in clients:
        for what, of, begin, end, result in client.seen:
            if of != user:
                continue
            if what in ("enroll", "delete") and result is not None:
                history.append(Write(begin, end, int(str(result)), what == "delete"))
            elif result is None:
                history.append(Read(begin, end, ABSENT))
            elif isinstance(result, float):
                history.append(Read(begin, end, versions[result]))
            else:
                history.append(Read(begin, end, int(str(result))))
    return history


def test_concurrent_calls_are_linearizable_per_user(tmp_path: Path) -> None:
    """Every search, verification and look-up fits one order of the writes in real time."""
    gallery = opened(SqliteStore(tmp_path / "gallery.db", recognizer=DIGEST))
    taken: set[tuple[str, float]] = set()
    clients = [Client(gallery, number, OPERATIONS // THREADS, taken) for number in range(THREADS)]
    threads = [threading.Thread(target=client.run) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gallery.close()
    assert [client.error for client in clients if client.error] == []
    histories = [_history(clients, f"u{user}") for user in range(USERS)]
    assert sum(map(len, histories)) == THREADS * (OPERATIONS // THREADS)
    assert [violations(history) for history in histories] == [[]] * USERS
    report("sqlite-history", operations=sum(map(len, histories)), violations=0)


def test_checker_finds_stale_and_future_and_lost_reads() -> None:
    """The checker can say no: each history has one read that no order explains."""
    enrolled, again = Write(0, 10, 1, deletes=False), Write(20, 30, 2, deletes=False)
    gone = Write(40, 50, 3, deletes=True)
    for bad in (
        Read(32, 35, 1),  # stale
        Read(12, 15, 2),  # from the future
        Read(32, 35, ABSENT),  # lost
        Read(52, 55, 2),  # of the deleted
        Write(60, 70, 2, deletes=False),  # a version that runs backwards
    ):
        assert violations([enrolled, again, gone, bad]) == [bad]
    assert violations([enrolled, again, Read(32, 34, 2), Read(35, 36, 1)]) == [Read(35, 36, 1)]
    fine = [Read(5, 25, 1), Read(21, 45, 2), Read(41, 42, ABSENT), Read(51, 99, ABSENT)]
    assert (
        violations([Read(-9, -5, ABSENT), Read(-2, 3, ABSENT), enrolled, again, gone, *fine]) == []
    )
    assert violations([enrolled, gone, Read(41, 60, ABSENT), Read(45, 46, 1)]) == []
    assert violations([enrolled, gone, Read(41, 43, ABSENT), Read(45, 46, 1)]) == [Read(45, 46, 1)]
