"""Working through many items: fetching ahead, bounded, each with its own outcome."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest

from facesvc.application.batch_runner import BatchRunner, Prefetch
from facesvc.application.call import Call
from facesvc.domain.errors import FaceError, ImageFetchFailedError

WAIT_S = 5.0


@dataclass(frozen=True)
class Item:
    """``url`` is to be fetched until ``data`` is there."""

    name: str
    needs_fetch: bool = False


class Bench:
    """Counts what happens at once; work waits until ``go``, fetches until ``served``."""

    def __init__(self, pool: ThreadPoolExecutor, *, in_flight: int = 2, ahead: int = 4) -> None:
        self.lock, self.go, self.served = threading.Lock(), threading.Event(), threading.Event()
        self.fetched: list[str] = []
        self.worked: list[str] = []
        self.changed = threading.Condition(self.lock)
        self.room = threading.Semaphore(ahead)
        self.many = BatchRunner(
            self.work, pool, in_flight, Prefetch(self.fetch, pool, ahead, self.room)
        )

    def fetch(self, item: Item, call: Call) -> Item:
        with self.changed:
            self.fetched.append(item.name)
            self.changed.notify_all()
        assert self.served.wait(WAIT_S)
        if item.name == "gone":
            raise ImageFetchFailedError("404")
        return replace(item, needs_fetch=False)

    def work(self, item: Item, call: Call) -> str:
        assert not item.needs_fetch
        with self.changed:
            self.worked.append(item.name)
            self.changed.notify_all()
        assert self.go.wait(WAIT_S)
        return item.name

    def wait_for(self, *, fetched: int = 0, worked: int = 0) -> None:
        with self.changed:
            assert self.changed.wait_for(
                lambda: len(self.fetched) >= fetched and len(self.worked) >= worked, WAIT_S
            )


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Enough threads that only the bounds under test bind."""
    with ThreadPoolExecutor(16) as threads:
        yield threads


def test_photos_are_fetched_while_others_are_worked_on(pool: ThreadPoolExecutor) -> None:
    """Fetching runs ahead of the work, up to its own bound and no further."""
    bench = Bench(pool, in_flight=1, ahead=4)
    bench.served.set()
    urls = [(str(number), Item(str(number), True)) for number in range(10)]
    answers = iter(bench.many(urls, Call(WAIT_S)))
    collector = pool.submit(lambda: [outcome.result for outcome in answers])
    bench.wait_for(fetched=4, worked=1)
    assert (len(bench.fetched), len(bench.worked)) == (4, 1)
    bench.go.set()
    assert sorted(collector.result(WAIT_S)) == [str(number) for number in range(10)]


def test_a_slow_web_server_keeps_no_photo_waiting_that_is_here(pool: ThreadPoolExecutor) -> None:
    """Items that carry their bytes are worked on while others are still being fetched."""
    bench = Bench(pool)
    bench.go.set()
    items = [("slow", Item("slow", True)), ("here", Item("here")), ("there", Item("there"))]
    answers = bench.many(items, Call(WAIT_S))
    assert sorted(next(answers).key for _ in range(2)) == ["here", "there"]
    bench.served.set()
    assert next(answers).key == "slow"


def test_no_more_than_in_flight_are_worked_on(pool: ThreadPoolExecutor) -> None:
    """However many are given, and whether they were fetched or carried."""
    bench = Bench(pool, in_flight=2, ahead=6)
    bench.served.set()
    items = [(number, Item(str(number), number % 2 == 0)) for number in range(12)]
    collector = pool.submit(lambda: list(bench.many(items, Call(WAIT_S))))
    bench.wait_for(worked=2)
    assert not bench.go.wait(0.05)
    assert len(bench.worked) == 2
    bench.go.set()
    assert len(collector.result(WAIT_S)) == 12


def test_a_failed_fetch_is_its_own_outcome(pool: ThreadPoolExecutor) -> None:
    """The others are answered, and its place is free again."""
    bench = Bench(pool, ahead=1)
    bench.served.set()
    bench.go.set()
    items: list[tuple[str, Item | FaceError]] = [
        ("gone", Item("gone", True)),
        ("bad", ImageFetchFailedError("refused before")),
        ("good", Item("good", True)),
    ]
    found = {outcome.key: outcome.result for outcome in bench.many(items, Call(WAIT_S))}
    assert isinstance(found["gone"], ImageFetchFailedError)
    assert isinstance(found["bad"], ImageFetchFailedError)
    assert found["good"] == "good"


def test_a_caller_that_leaves_gives_back_the_room_that_all_share(
    pool: ThreadPoolExecutor,
) -> None:
    """What was fetched for it is dropped, so that the next call can fetch."""
    bench = Bench(pool, in_flight=1, ahead=3)
    bench.served.set()
    answers = bench.many([(n, Item(str(n), True)) for n in range(9)], Call(WAIT_S))
    starter = pool.submit(next, answers)
    bench.wait_for(fetched=3, worked=1)
    bench.go.set()
    starter.result(WAIT_S)
    answers.close()
    for _ in range(3):
        assert bench.room.acquire(timeout=WAIT_S)
