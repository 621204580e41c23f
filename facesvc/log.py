"""Structured logs: one JSON object a line, or coloured lines for people.

Nobody waits for a log line to be written: a reader that is slow, or gone, costs lines and no calls.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import queue
import sys
import threading
import time
from typing import Any

import structlog

# Lines that wait for their reader; what comes when there are as many is dropped.
QUEUED_LINES = 1000
_FLUSH_S = 1.0


def configure_logging(level: str, form: str) -> None:
    """Send every log line, the libraries' too, to standard error in ``form``."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Tracebacks without local variables: those hold photos, names and embeddings.
    renderer: list[Any] = (
        [
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(),
        ]
        if form == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = DroppingHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


class DroppingHandler(logging.handlers.QueueHandler):
    """Writes to standard error from a thread of its own; drops and counts what it cannot keep."""

    def __init__(self) -> None:
        self._lines: queue.Queue[Any] = queue.Queue(QUEUED_LINES)
        super().__init__(self._lines)
        self._count_lock = threading.Lock()
        self._dropped = self._untold = 0
        self._listener = logging.handlers.QueueListener(self._lines, _Writer(self))
        self._listener.start()

    @property
    def dropped(self) -> int:
        """How many lines were dropped since the start."""
        return self._dropped

    def take_untold(self) -> int:
        """Return how many lines were dropped since this was asked last."""
        with self._count_lock:
            untold, self._untold = self._untold, 0
        return untold

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line, if there is room; a full queue costs no rendering."""
        if self._lines.full():
            self._drop()
        else:
            super().emit(record)

    def enqueue(self, record: logging.LogRecord) -> None:
        """Put the rendered line in the queue."""
        try:
            self._lines.put_nowait(record)
        except queue.Full:
            self._drop()

    def flush(self) -> None:
        """Wait until what is queued is written, a second at most: the reader may be gone."""
        deadline = time.monotonic() + _FLUSH_S
        while self._lines.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.001)

    def _drop(self) -> None:
        with self._count_lock:
            self._dropped += 1
            self._untold += 1


class _Writer(logging.StreamHandler[Any]):
    """Writes rendered lines, and how many are missing."""

    def __init__(self, source: DroppingHandler) -> None:
        super().__init__(_StandardError())
        self._source = source

    def createLock(self) -> None:  # noqa: N802 - logging's name
        """No lock: one thread writes, and who ends the process must not wait for it."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        if untold := self._source.take_untold():
            text = "%d log lines were dropped: they were not read as fast as they came"
            args = (text, (untold,), None)
            missing = logging.LogRecord(__name__, logging.WARNING, __file__, 0, *args)
            missing.msg, missing.args = self._source.format(missing), None
            super().emit(missing)


class _StandardError:
    """File descriptor 2 without Python's buffer, whose lock a thread that cannot write would hold
    when the process ends.
    """

    def write(self, text: str) -> None:
        """Write all of it, however long that takes."""
        data = text.encode(errors="backslashreplace")
        while data:
            data = data[os.write(2, data) :]

    def flush(self) -> None:
        """Nothing is kept."""
