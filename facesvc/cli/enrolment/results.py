"""The file that remembers what a gallery holds of which photos, so that a run can go on."""

from __future__ import annotations

import json
import os
import uuid
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from facesvc.cli.enrolment.outcome import Outcome


@dataclass(frozen=True)
class GalleryName:
    """Where photos went: nothing that is known of one place holds in another."""

    server: str
    collection: str
    recognizer: str
    """Digest of the model that made the embeddings."""


@dataclass(frozen=True)
class UserStamp:
    """The service's record of a user after this program's last write to it.

    While the service gives the same record, it has the user's photos as this file says.
    """

    created_at: str
    updated_at: str
    version: int
    samples: int


class ResultFile:
    """JSON lines, appended and flushed one by one; facts about other places are kept, not used.

    The first line holds ``run``, a random name that makes the run's request ids its own: the
    same photo enrolled by a later run must not be taken for a retry of this one.
    """

    def __init__(self, path: Path, place: GalleryName) -> None:
        self.path = path
        self.run = uuid.uuid4().hex
        self._place = asdict(place)
        self._stored: dict[str, set[str]] = defaultdict(set)
        self._stamps: dict[str, UserStamp] = {}
        self._attempts: Counter[tuple[str, str]] = Counter()
        for line in self._lines():
            if "run" in line:
                self.run = str(line["run"])
            elif self._place.items() <= line.items():
                self._learn(line)

    def __enter__(self) -> Self:
        fresh = not self.path.exists() or self.path.stat().st_size == 0
        self._file = self.path.open("a", encoding="utf-8")
        if fresh:
            self._write({"run": self.run})
        elif not self.path.read_bytes().endswith(b"\n"):
            self._file.write("\n")  # the run before was cut off in the middle of a line
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.fsync(self._file.fileno())
        self._file.close()

    def stored(self, user_id: str) -> frozenset[str]:
        """Return the SHA-256 of the user's photos that were stored and not known to be gone."""
        return frozenset(self._stored.get(user_id, ()))

    def stamp(self, user_id: str) -> UserStamp | None:
        """Return the service's record of the user after the last write; None if unknown."""
        return self._stamps.get(user_id)

    def request_id_of(self, user_id: str, digest: str) -> str:
        """Return what makes storing this photo safe to repeat until it is known to be stored."""
        attempt = str(self._attempts[user_id, digest])
        return "|".join([self.run, *self._place.values(), user_id, digest, attempt])

    def add(self, outcome: Outcome, digest: str = "") -> None:
        """Remember an outcome that stored nothing."""
        self._write(asdict(outcome) | ({"digest": digest} if digest else {}) | self._place)

    def add_stored(self, outcome: Outcome, digest: str, *, replaced: bool, version: int) -> None:
        """Remember that a photo is stored, and if the user's earlier ones are gone by that."""
        stored = {"digest": digest, "replaced": replaced, "version": version}
        self._note(asdict(outcome) | stored)

    def add_gone(self, user_id: str, digest: str) -> None:
        """Remember that the service does not hold the photo any more."""
        self._note({"kind": "gone", "user_id": user_id, "digest": digest})

    def add_stamp(self, user_id: str, stamp: UserStamp) -> None:
        """Remember the service's record of a user."""
        self._note({"kind": "stamp", "user_id": user_id} | asdict(stamp))

    def _note(self, line: dict[str, Any]) -> None:
        self._learn(line)
        self._write(line | self._place)

    def _learn(self, line: dict[str, Any]) -> None:
        user_id, digest = line["user_id"], line.get("digest", "")
        match line.get("kind"):
            case "enrolled":
                if line["replaced"]:
                    self._stored[user_id].clear()
                self._stored[user_id].add(digest)
                self._attempts[user_id, digest] += 1
            case "gone":
                self._stored[user_id].discard(digest)
            case "stamp":
                fields = UserStamp.__dataclass_fields__
                self._stamps[user_id] = UserStamp(**{name: line[name] for name in fields})

    def _write(self, line: dict[str, object]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()

    def _lines(self) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        lines = []
        for text in self.path.read_text(encoding="utf-8").splitlines():
            try:
                line = json.loads(text)
            except json.JSONDecodeError:
                continue  # a line that the run before could not finish
            if isinstance(line, dict):
                lines.append(line)
        return lines
