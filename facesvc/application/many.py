"""Working through many items, each with its own outcome, a bounded number at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Generic, TypeVar

from facesvc.application.call import Call
from facesvc.domain.errors import FaceError

Key = TypeVar("Key")
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome(Generic[Key, Result]):
    """What became of one item: a result, or the error that a single call would have given.

    An error that is no FaceError is a defect of the service; it spoils its own item only.
    """

    key: Key
    result: Result | Exception


@dataclass(frozen=True)
class ForMany(Generic[Item, Result]):
    """Does for a list or a stream of items what ``work`` does for one.

    ``in_flight`` items of one call are worked on at the same time, so that a long list neither
    waits for each download nor crowds out other calls.
    """

    work: Callable[[Item, Call], Result]
    workers: Executor
    in_flight: int

    def __call__(
        self, items: Iterable[tuple[Key, Item | FaceError]], call: Call
    ) -> Iterator[Outcome[Key, Result]]:
        """Yield each item's outcome as soon as it is ready, in any order.

        An item that is an error already is passed through. Raises CallEndedError when the
        call ends, and any exception of the iterable.
        """
        run = _Run(self, items, call)
        threading.Thread(target=run.feed, name="feed", daemon=True).start()
        undo = call.on_end(run.stop)
        try:
            yield from run.outcomes()
            call.check()
        finally:
            run.stop()
            undo()


class _Run(Generic[Key, Item, Result]):
    """One call's items. The feeder has a thread of its own because a stream's next item may
    come only after the caller has seen an earlier answer.
    """

    def __init__(
        self,
        many: ForMany[Item, Result],
        items: Iterable[tuple[Key, Item | FaceError]],
        call: Call,
    ) -> None:
        self._many = many
        self._items = items
        self._call = call
        self._slots = threading.Semaphore(many.in_flight)
        self._ready: queue.SimpleQueue[Outcome[Key, Result] | BaseException | int | None] = (
            queue.SimpleQueue()
        )
        self._stopped = threading.Event()

    def feed(self) -> None:
        """Submit the items, at most ``in_flight`` ahead of the caller, then their count."""
        count = 0
        try:
            for key, item in self._items:
                self._slots.acquire()
                if self._stopped.is_set():
                    return
                count += 1
                self._many.workers.submit(self._one, key, item)
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
                seen += 1
                yield item
                self._slots.release()

    def stop(self) -> None:
        """Wake both ends; nothing new starts."""
        self._stopped.set()
        self._slots.release()
        self._ready.put(None)

    def _one(self, key: Key, item: Item | FaceError) -> None:
        try:
            if not self._stopped.is_set():
                self._ready.put(Outcome(key, self._work(item)))
        except BaseException as error:
            self._ready.put(error)

    def _work(self, item: Item | FaceError) -> Result | Exception:
        if isinstance(item, FaceError):
            return item
        try:
            return self._many.work(item, self._call)
        except Exception as error:
            return error
