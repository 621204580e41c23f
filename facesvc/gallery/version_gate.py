"""Lets reads wait for a version."""

from __future__ import annotations

import threading

from facesvc.application.call import Call
from facesvc.domain.gallery_errors import VersionNotReachedError


class VersionGate:
    """Which version of each collection can be read; thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._versions: dict[str, int] = {}

    def advance(self, collection: str, version: int) -> None:
        """Let through whoever waits for this version."""
        with self._changed:
            self._versions[collection] = version
            self._changed.notify_all()

    def wait(self, collection: str, version: int, call: Call, at_most_s: float) -> None:
        """Return once the version is there. Raises VersionNotReachedError when it does not come
        within ``at_most_s`` or the call's deadline.
        """
        with self._changed:
            if self._versions.get(collection, 0) >= version:
                return
        undo = call.on_end(self._wake)
        try:
            self._wait(collection, version, call, at_most_s)
        finally:
            undo()

    def _wait(self, collection: str, version: int, call: Call, at_most_s: float) -> None:
        with self._changed:
            came = self._changed.wait_for(
                lambda: self._versions.get(collection, 0) >= version or call.ended,
                call.remaining_s(at_most_s),
            )
            seen = self._versions.get(collection, 0)
        if seen < version and call.remaining_s(1.0) > 0:
            call.check()  # cancelled: nobody waits
        if not came or seen < version:
            raise VersionNotReachedError(version, seen)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
