"""The thread that writes late sightings and deletes whom no retention keeps."""

from __future__ import annotations

import threading
import time

import structlog

from facesvc.application.call import Call
from facesvc.application.retention import RetentionSweep
from facesvc.application.sightings import Sightings
from facesvc.audit.trail import Entry, Trail
from facesvc.domain.errors import FaceError
from facesvc.domain.gallery import WriteReceipt

FLUSH_S = 10.0  # between attempts to write the sightings that the store did not take at once
_FIRST_SWEEP_S = 60.0  # a service that just started has other work

_log = structlog.get_logger(__name__)


class RetentionThread:
    """Runs from ``start`` to ``close``, which writes the last sightings."""

    def __init__(self, sightings: Sightings, sweep: RetentionSweep, every_s: float) -> None:
        self._sightings = sightings
        self._sweep = sweep
        self._every_s = every_s
        self._closing = threading.Event()
        self._call = Call()
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop; a sweep ends after the deletions that it is at."""
        self._closing.set()
        self._call.cancel()
        if self._thread.is_alive():
            self._thread.join()
        self._flush(Call())

    def _run(self) -> None:
        due = time.monotonic() + min(self._every_s, _FIRST_SWEEP_S)
        while not self._closing.wait(min(FLUSH_S, self._every_s)):
            self._flush(self._call)
            if time.monotonic() >= due:
                self._swept(self._call)
                due = time.monotonic() + self._every_s

    def _flush(self, call: Call) -> None:
        try:
            self._sightings.flush(call)
        except FaceError as error:
            _log.warning("sightings_not_written", reason=error.reason)

    def _swept(self, call: Call) -> None:
        try:
            deleted = self._sweep(call)
        except FaceError as error:
            _log.warning("retention_not_swept", reason=error.reason)
        except Exception:
            _log.exception("retention_not_swept")
        else:
            if deleted:
                _log.info("retention_swept", users=deleted)


def audited(trail: Trail, collection: str, user_id: str, receipt: WriteReceipt) -> None:
    """Write the audit entry of a user whom no retention keeps."""
    user = trail.hash_of(user_id)
    trail.write(Entry("Retention", "ok", collection=collection, user=user, version=receipt.version))
