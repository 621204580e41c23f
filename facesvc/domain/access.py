"""Who may call what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a key opens; ADMIN opens everything."""

    ANALYZE = "analyze"
    SEARCH = "search"
    ENROLL = "enroll"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of a key; ``collections`` bounds it to these, None is all there are."""

    name: str
    scopes: frozenset[Scope]
    collections: frozenset[str] | None = None

    def has(self, scope: Scope) -> bool:
        """Tell whether the scope, or one that includes it, was given."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def reaches(self, collection: str) -> bool:
        """Tell whether calls may name this collection or alias."""
        return self.collections is None or collection in self.collections
