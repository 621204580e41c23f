"""Which API keys an audit file has told of, so that changes while no service ran are told, too."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from facesvc.domain.named_changes import named_changes

SUFFIX = ".keys"


class KnownKeys:
    """A file beside the audit's: a JSON object of the keys' names and, for each, a keyed hash of
    what it may. It has no key, and no hash of one.
    """

    def __init__(self, audit_file: Path, hash_of: Callable[[str], str]) -> None:
        self._path = audit_file.with_name(audit_file.name + SUFFIX)
        self._hash_of = hash_of

    def changes_to(self, keys: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return what became of which key since ``remember``: added, removed or changed. Where
        nothing is remembered, all are new. Raises OSError.
        """
        return named_changes(self._read(), self._hashed(keys))

    def remember(self, keys: Mapping[str, str]) -> None:
        """Keep what the keys are: names, and a text of all that each of them may. Raises
        OSError.
        """
        new = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as written:
            json.dump(self._hashed(keys), written, ensure_ascii=False)
        new.replace(self._path)

    def _hashed(self, keys: Mapping[str, str]) -> dict[str, str]:
        return {name: self._hash_of(text) for name, text in keys.items()}

    def _read(self) -> dict[str, str]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError:  # cut off, or not of this service
            return {}
        return found if isinstance(found, dict) else {}
