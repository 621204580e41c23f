"""Who was seen: written by the calls that recognise people, before they answer."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from facesvc.application.call import Call
from facesvc.application.ports.gallery import Gallery
from facesvc.domain.errors import FaceError, ModelMismatchError
from facesvc.domain.gallery import Match
from facesvc.domain.retention import GRAIN
from facesvc.domain.similarity import is_match

_MOST_REMEMBERED = 200_000  # some 40 MB; beyond them a sighting costs a write it could have saved
_AT_ONCE = 500  # marks of one write
_WRITTEN_WITHIN_S = 1.0  # or the answer does not wait, and the mark is written later

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class Sightings:
    """Thread-safe. Only collections with a retention have any.

    An answer waits until its sightings are durable, so that a crash loses none that somebody was
    told of: at most once in GRAIN for a user. While the store cannot write they are kept in memory
    and ``flush`` writes them; no answer waits then.
    """

    def __init__(self, gallery: Gallery, clock: Clock = utc_now) -> None:
        self._gallery = gallery
        self._clock = clock
        self._lock = threading.Lock()
        self._noted: dict[tuple[str, str], datetime] = {}
        self._written: dict[tuple[str, str], datetime] = {}
        self._writes_fail = False

    def note(
        self, collection: str, matches: Iterable[Match], own_threshold: Callable[[], float]
    ) -> None:
        """Keep that these users were seen, those whose similarity reaches the threshold that the
        collection has where a call says nothing: a laxer call keeps nobody. Returns once they are
        durable, unless the store fails.
        """
        found = list(matches)
        if not found or self._gallery.settings(collection).settings.retention_days is None:
            return
        least, now = own_threshold(), self._clock()
        name = self._gallery.real_name(collection)
        seen: dict[str, datetime] = {}
        with self._lock:
            for match in found:
                key = (name, match.user_id)
                if is_match(match.similarity, least) and not self._is_recent(key, now):
                    self._noted[key] = seen[match.user_id] = now
        if seen and not self._writes_fail:
            self._write_at_once(name, seen)

    def flush(self, call: Call) -> None:
        """Write what could not be written at once. Raises FaceError; what was not written is noted
        still.
        """
        with self._lock:
            noted, self._noted = self._noted, {}
        by_collection: dict[str, list[str]] = defaultdict(list)
        for name, user_id in noted:
            by_collection[name].append(user_id)
        for name, user_ids in by_collection.items():
            for start in range(0, len(user_ids), _AT_ONCE):
                some = {one: noted[name, one] for one in user_ids[start : start + _AT_ONCE]}
                try:
                    self._gallery.mark_seen(name, some, call)
                except ModelMismatchError:
                    pass  # the collection is another recognizer's meanwhile
                except FaceError:
                    self._writes_fail = True
                    self._note_again(noted)
                    raise
                for user_id, moment in some.items():
                    self._remember((name, user_id), moment)
                    del noted[name, user_id]
        self._writes_fail = False

    def _write_at_once(self, name: str, seen: dict[str, datetime]) -> None:
        try:
            self._gallery.mark_seen(name, seen, Call(_WRITTEN_WITHIN_S))
        except FaceError:  # flush tries again, and tells
            self._writes_fail = True
            return
        for user_id, moment in seen.items():
            self._remember((name, user_id), moment)
            with self._lock:
                if self._noted.get((name, user_id)) == moment:
                    del self._noted[name, user_id]

    def _note_again(self, noted: dict[tuple[str, str], datetime]) -> None:
        with self._lock:
            self._noted = {**noted, **self._noted}

    def _remember(self, key: tuple[str, str], moment: datetime) -> None:
        with self._lock:
            if len(self._written) >= _MOST_REMEMBERED:
                self._written.clear()
            self._written[key] = moment

    def _is_recent(self, key: tuple[str, str], now: datetime) -> bool:
        written = self._written.get(key)
        return written is not None and now - written < GRAIN
