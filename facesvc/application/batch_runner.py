"""Working through many items, each with its own outcome, a bounded number at a time."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from facesvc.application.call import Call
from facesvc.domain.errors import FaceError


class MayNeedFetch(Protocol):
    """An item that may name a photo elsewhere."""

    @property
    def needs_fetch(self) -> bool: ...


Key = TypeVar("Key")
Item = TypeVar("Item", bound=MayNeedFetch)
Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome(Generic[Key, Result]):
    """What became of one item: a result, or the error that a single call would have given.

    An error that is no FaceError is a defect of the service; it spoils its own item only.
    """

    key: Key
    result: Result | Exception


@dataclass(frozen=True)
class Prefetch(Generic[Item]):
    """How items get what they name before it is their turn to be worked on.

    ``fetch`` returns the item with its bytes; ``threads`` only wait. One call is at most
    ``ahead`` items ahead; ``room``, which all calls share, bounds the fetched photos in memory.
    """

    fetch: Callable[[Item, Call], Item]
    threads: Executor
    ahead: int
    room: threading.Semaphore


@dataclass(frozen=True)
class BatchRunner(Generic[Item, Result]):
    """Does for a list or a stream of items what ``work`` does for one.

    ``in_flight`` items of one call are worked on at the same time, so that a long list does not
    crowd out other calls; meanwhile those that come next are fetched.
    """

    work: Callable[[Item, Call], Result]
    workers: Executor
    in_flight: int
    prefetch: Prefetch[Item]

    def __call__(
        self, items: Iterable[tuple[Key, Item | FaceError]], call: Call
    ) -> Iterator[Outcome[Key, Result]]:
        """Yield each item's outcome as soon as it is ready, in any order.

        An item that is an error already is passed through. Raises CallEndedError when the
        call ends, and any exception of the iterable.
        """
        run = _Run(self, items, call)
        in_context = copy_context().run  # of this call
        threading.Thread(target=in_context, args=(run.feed,), name="feed", daemon=True).start()
        undo = call.on_end(run.stop)
        try:
            yield from run.outcomes()
            call.check()
        finally:
            run.stop()
            undo()


@dataclass
class _Task(Generic[Key, Item]):
    """One item on its way. ``place`` is what it holds until the caller has its outcome."""

    key: Key
    item: Item
    place: threading.Semaphore
    has_room: bool = False


class _Run(Generic[Key, Item, Result]):
    """One call's items. The feeder has a thread of its own because a stream's next item may
    come only after the caller has seen an earlier answer.

    An item that carries its bytes takes one of ``in_flight`` places, one that is to be fetched
    one of ``ahead``; ready ones wait in a line without holding a thread.
    """

    def __init__(
        self,
        many: BatchRunner[Item, Result],
        items: Iterable[tuple[Key, Item | FaceError]],
        call: Call,
    ) -> None:
        self._many = many
        self._items = items
        self._call = call
        self._carried = threading.Semaphore(many.in_flight)
        self._named = threading.Semaphore(many.prefetch.ahead)
        self._lock = threading.Lock()
        self._queue: deque[_Task[Key, Item]] = deque()
        self._working = 0
        self._ready: queue.SimpleQueue[
            tuple[Outcome[Key, Result], threading.Semaphore] | BaseException | int | None
        ] = queue.SimpleQueue()
        self._stopped = threading.Event()

    def feed(self) -> None:
        """Start the items, a bounded number ahead of the caller, then tell their count."""
        count = 0
        try:
            for key, item in self._items:
                if isinstance(item, FaceError):
                    self._carried.acquire()
                    self._ready.put((Outcome(key, item), self._carried))
                else:
                    self._begin(key, item)
                if self._stopped.is_set():
                    return
                count += 1
            self._ready.put(count)
        except BaseException as error:
            self._ready.put(error)

    def outcomes(self) -> Iterator[Outcome[Key, Result]]:
        """Yield outcomes until as many have come as the feeder counted."""
        seen, expected = 0, -1
        while seen != expected:
            item = self._ready.get()
            if item is None:
                return
            if isinstance(item, int):
                expected = item
            elif isinstance(item, BaseException):
                raise item
            else:
                outcome, place = item
                seen += 1
                yield outcome
                place.release()

    def stop(self) -> None:
        """Wake both ends; nothing new starts."""
        self._stopped.set()
        self._carried.release()
        self._named.release()
        self._ready.put(None)

    def _begin(self, key: Key, item: Item) -> None:
        """Wait for a place, then have the item fetched or put it in the line."""
        prefetch = self._many.prefetch
        task = _Task(key, item, self._named if item.needs_fetch else self._carried)
        task.place.acquire()
        if self._stopped.is_set():
            return
        if item.needs_fetch:
            prefetch.room.acquire()
            task.has_room = True
            prefetch.threads.submit(self._fetch, task)
        else:
            self._enqueue(task)

    def _fetch(self, task: _Task[Key, Item]) -> None:
        try:
            if not self._stopped.is_set():
                task.item = self._many.prefetch.fetch(task.item, self._call)
        except Exception as error:
            self._finish(task, error)
        else:
            self._enqueue(task)

    def _enqueue(self, task: _Task[Key, Item]) -> None:
        with self._lock:
            self._queue.append(task)
            if self._working >= self._many.in_flight:
                return
            self._working += 1
        self._many.workers.submit(self._work_on)

    def _work_on(self) -> None:
        """Work on the first in line and hand the thread back, so that calls take turns."""
        with self._lock:
            task = self._queue.popleft()
        try:
            if self._stopped.is_set():
                self._leave(task)
            else:
                self._finish(task, self._many.work(task.item, self._call))
        except Exception as error:
            self._finish(task, error)
        with self._lock:
            if not self._queue:
                self._working -= 1
                return
        self._many.workers.submit(self._work_on)

    def _finish(self, task: _Task[Key, Item], result: Result | Exception) -> None:
        self._leave(task)
        self._ready.put((Outcome(task.key, result), task.place))

    def _leave(self, task: _Task[Key, Item]) -> None:
        if task.has_room:
            self._many.prefetch.room.release()
