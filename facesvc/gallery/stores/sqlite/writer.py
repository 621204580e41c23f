"""The one thread that uses the database, and commits what waits together.

While one commit syncs the disk, the next writes queue up; they share the next sync. So the
cost of durability falls with the load, and an answer still means that the disk has the write.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from itertools import groupby

import structlog

from facesvc.application.call import Call
from facesvc.domain.errors import CallEndedError
from facesvc.domain.events import Event
from facesvc.domain.gallery_errors import (
    GalleryClosedError,
    StoreFailedError,
    StoreFault,
    StoreTask,
)
from facesvc.gallery.stores.port import Change, Rewrite

_MOST_TOGETHER = 1024  # writes of one commit: 2 MB of log, some 30 ms
_MOST_POSTED = 16 * _MOST_TOGETHER  # what nobody waits for is bounded by this
_IDLE_S = 1.0
_DISK_ERRORS = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")

_log = structlog.get_logger(__name__)


@dataclass
class Effects:
    """What a task did that others must learn once it is durable. ``events`` are told in place of
    those that the changes give.
    """

    changes: list[Change | Rewrite] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    catalog: bool = False


Task = Callable[[Effects], object]


@dataclass
class _Waiting:
    task: Task
    call: Call
    alone: bool = False
    done: Future[object] = field(default_factory=Future)
    effects: Effects = field(default_factory=Effects)
    result: object = None


class Writer:
    """Runs tasks in order on its thread. ``publish`` gets the effects of each commit before
    anyone hears of its success; ``maintenance`` runs between commits and about every second.
    ``record`` adds to each task's transaction what its effects ask for.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        publish: Callable[[Effects], None],
        maintenance: Callable[[], bool],
        record: Callable[[Effects], None] | None = None,
    ) -> None:
        self._connection = connection
        self._publish = publish
        self._maintenance = maintenance
        self._record = record
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="gallery-writer", daemon=True)
        self._closed = False
        self._order = threading.Lock()  # nothing is queued after the end
        self.failure = ""  # what the last failed commit said; "" once one succeeds

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def close(self) -> None:
        """Finish what is queued, then stop."""
        with self._order:
            self._closed = True
            self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def run(self, task: Task, call: Call) -> object:
        """Return the task's result once durable, or raise its error."""
        result = self.run_all([task], call)[0]
        if isinstance(result, BaseException):
            raise result
        return result

    def run_alone(self, task: Task, call: Call) -> object:
        """Run a task outside any transaction; its effects are not published."""
        result = self.run_all([task], call, alone=True)[0]
        if isinstance(result, BaseException):
            raise result
        return result

    def run_all(self, tasks: Sequence[Task], call: Call, *, alone: bool = False) -> list[object]:
        """Return each task's result, or the error that it raised."""
        waiting = [_Waiting(task, call, alone) for task in tasks]
        with self._order:
            if self._closed:
                raise GalleryClosedError
            for one in waiting:
                self._queue.put(one)
        return [self._outcome(one) for one in waiting]

    def post(self, task: Task) -> bool:
        """Run a task soon, and wait for nothing; False when too much waits, or after the end. Its
        failure shows as that of the writer.
        """
        with self._order:
            if self._closed or self._queue.qsize() > _MOST_POSTED:
                return False
            self._queue.put(_Waiting(task, Call()))
            return True

    def _outcome(self, waiting: _Waiting) -> object:
        try:
            limit = waiting.call.remaining_s()
            error = waiting.done.exception(None if limit == float("inf") else limit)
        except FutureTimeoutError:
            return CallEndedError()  # while the write waited for the disk
        return waiting.done.result() if error is None else error

    def _work(self) -> None:
        busy = True
        while True:
            batch = self._take(0.0 if busy else _IDLE_S)
            stop = None in batch
            waiting = [one for one in batch if one is not None]
            for alone, together in groupby(waiting, key=lambda one: one.alone):
                if alone:
                    self._run_alone(list(together))
                else:
                    self._commit(list(together))
            if stop:
                return
            busy = self._maintenance()

    def _take(self, timeout_s: float) -> list[_Waiting | None]:
        batch: list[_Waiting | None] = []
        try:
            batch.append(
                self._queue.get(timeout=timeout_s) if timeout_s else self._queue.get_nowait()
            )
            while len(batch) < _MOST_TOGETHER and batch[-1] is not None:
                batch.append(self._queue.get_nowait())
        except queue.Empty:
            pass  # that is all for now
        return batch

    def _commit(self, waiting: list[_Waiting]) -> None:
        failures: dict[int, BaseException] = {}
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for number, one in enumerate(waiting):
                error = self._attempt(one)
                if error is not None:
                    failures[number] = error
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._give_up(waiting, error)
            return
        self.failure = ""
        for number, one in enumerate(waiting):
            if number in failures:
                one.done.set_exception(failures[number])
                continue
            try:
                self._publish(one.effects)
            except Exception as error:  # the thread outlives a bug; the caller hears of it
                self.failure = "A durable write is not visible until the next start."
                one.done.set_exception(error)
            else:
                one.done.set_result(one.result)

    def _run_alone(self, waiting: list[_Waiting]) -> None:
        for one in waiting:
            try:
                one.done.set_result(one.task(one.effects))
            except sqlite3.Error as error:
                self._give_up([one], error)
            except Exception as error:  # the caller raises it
                one.done.set_exception(error)

    def _attempt(self, one: _Waiting) -> BaseException | None:
        """Run one task; undo it alone when it fails. Raises sqlite3.Error, which fails all."""
        if one.call.ended:
            return CallEndedError()
        self._connection.execute("SAVEPOINT task")
        try:
            one.result = one.task(one.effects)
            if self._record is not None:
                self._record(one.effects)
        except sqlite3.Error:
            raise
        except Exception as error:  # the caller raises it
            self._connection.execute("ROLLBACK TO task")
            return error
        finally:
            if self._connection.in_transaction:
                self._connection.execute("RELEASE task")
        return None

    def _give_up(self, waiting: list[_Waiting], error: sqlite3.Error) -> None:
        fault = _fault_of(error)
        self.failure = f"The last write failed: {fault.value}."
        _log.warning("gallery_write_failed", error=str(error))
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        for one in waiting:
            one.done.set_exception(StoreFailedError(StoreTask.WRITE, fault))


def _fault_of(error: sqlite3.Error) -> StoreFault:
    name = getattr(error, "sqlite_errorname", "")
    return StoreFault.DISK if name.startswith(_DISK_ERRORS) else StoreFault.OTHER
