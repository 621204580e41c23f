"""What the service answered for each photo, kept in a file so that a run can go on."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Observation:
    """One photo's answer. ``failure`` is the reason when there is none, and then the rest is
    empty. ``embedding`` is float32 (512,), L2-normalised; ``recognizability`` and ``liveness``
    are -1 where they were not told.
    """

    photo: str
    failure: str = ""
    embedding: NDArray[np.float32] | None = None
    model: str = ""
    score: float = 0.0
    recognizability: float = -1.0
    face_size: int = 0
    faces: int = 0
    liveness: float = -1.0
    is_live: bool = False


class ObservationFile:
    """JSON lines, one for each photo observed. It holds embeddings, which are biometric data:
    it lies where the caller said and is readable by its owner only.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.known: dict[str, Observation] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    observation = _from_json(line)
                except (ValueError, TypeError, KeyError):
                    continue  # the line that an interrupted run could not finish
                self.known[observation.photo] = observation

    @contextmanager
    def appending(self) -> Iterator[ObservationFile]:
        """Hold the file open for ``add``."""
        self._path.touch(mode=0o600)
        with self._path.open("a", encoding="utf-8") as self._file:
            self._file.write("\n")  # ends a line that an interrupted run left open
            yield self

    def add(self, observation: Observation) -> None:
        """Remember one more."""
        self.known[observation.photo] = observation
        self._file.write(_to_json(observation) + "\n")
        self._file.flush()


def _to_json(observation: Observation) -> str:
    values = asdict(observation)
    embedding = observation.embedding
    values["embedding"] = (
        None if embedding is None else base64.b64encode(embedding.astype("<f4").tobytes()).decode()
    )
    return json.dumps(values, ensure_ascii=False)


def _from_json(line: str) -> Observation:
    values = json.loads(line)
    packed = values["embedding"]
    if packed is not None:
        values["embedding"] = np.frombuffer(base64.b64decode(packed), "<f4").astype(np.float32)
    return Observation(**values)
