"""The file that remembers each item's outcome, so that an interrupted run goes on."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class ItemResult:
    """What became of one photo; ``digest`` is the SHA-256 of its bytes."""

    user_id: str
    photo: str
    digest: str
    success: bool
    reason: str = ""
    message: str = ""
    version: int = 0


class ResultFile:
    """JSON lines, appended and flushed one by one.

    The first line holds ``run``, a random name that makes the run's request ids its own: the
    same photo enrolled by a later run must not be taken for a retry of this one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run = uuid.uuid4().hex
        self.done: dict[tuple[str, str], ItemResult] = {}
        for line in self._lines():
            if "run" in line:
                self.run = str(line["run"])
            elif line.get("success"):
                result = ItemResult(**line)
                self.done[result.user_id, result.digest] = result

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

    def add(self, result: ItemResult) -> None:
        """Remember an outcome."""
        if result.success:
            self.done[result.user_id, result.digest] = result
        self._write(asdict(result))

    def _write(self, line: dict[str, object]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()

    def _lines(self) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        lines = []
        for text in self.path.read_text(encoding="utf-8").splitlines():
            try:
                lines.append(json.loads(text))
            except json.JSONDecodeError:
                continue  # a line that the run before could not finish
        return lines
