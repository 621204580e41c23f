"""Who may call what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """What a key opens; ADMIN opens everything."""

    ANALYZE = "analyze"
    SEARCH = "search"
    ENROLL = "enroll"
    EVENTS = "events"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a key's holder may do at a time, None for no limit: ``rate`` in calls a second, calls
    in flight, streams among them.
    """

    rate: float | None = None
    max_in_flight: int | None = None
    max_streams: int | None = None

    @property
    def some(self) -> bool:
        """Tell whether there is a limit."""
        return self != Limits()


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a key; ``collections`` bounds it to these, None is all there are. From
    ``expires`` on the key opens nothing.
    """

    name: str
    scopes: frozenset[Scope]
    collections: frozenset[str] | None = None
    limits: Limits = Limits()
    expires: datetime | None = None

    def has_expired(self, now: datetime) -> bool:
        """Tell whether the key's time is over."""
        return self.expires is not None and now >= self.expires

    def has(self, scope: Scope) -> bool:
        """Tell whether the scope, or one that includes it, was given."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def reaches(self, collection: str) -> bool:
        """Tell whether calls may name this collection or alias."""
        return self.collections is None or collection in self.collections
