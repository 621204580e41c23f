"""Reads an audit file, newest entries last."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facesvc.audit.trail import KEY_SUFFIX, user_hash


@dataclass(frozen=True)
class Wanted:
    """Which entries; "" is any. ``user`` is either of an entry's two. ``since`` and ``until``
    compare as ISO 8601 text in UTC.
    """

    call: str = ""
    outcome: str = ""
    key: str = ""
    collection: str = ""
    user: str = ""
    since: str = ""
    until: str = ""

    def matches(self, entry: dict[str, Any]) -> bool:
        """Tell whether an entry is wanted."""
        if self.user and self.user not in (entry.get("user"), entry.get("other_user")):
            return False
        named = ("call", "outcome", "key", "collection")
        asked = {name: value for name in named if (value := getattr(self, name))}
        at = str(entry.get("time", ""))
        if (self.since and at < self.since) or (self.until and at >= self.until):
            return False
        return all(entry.get(name) == value for name, value in asked.items())


def hash_for(path: Path, user_id: str, key: bytes = b"") -> str:
    """Return what stands for a user_id in the file, by the key beside it unless one is given.
    Raises OSError.
    """
    if not key:
        beside = path.with_name(path.name + KEY_SUFFIX)
        key = bytes.fromhex(beside.read_text(encoding="ascii").strip())
    return user_hash(key, user_id)


def read_entries(path: Path, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """Yield the wanted entries; a line that was cut off is passed over. Raises OSError."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and wanted.matches(entry):
                yield entry
