"""Enrolling the best face of each photo of a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from facesvc.application.batch_runner import BatchRunner, Outcome
from facesvc.application.call import Call
from facesvc.application.enroll import EnrollOutcome, EnrollRequest
from facesvc.domain.errors import FaceError

Key = TypeVar("Key")


@dataclass(frozen=True)
class StreamEnroll:
    """Answers StreamEnroll."""

    run: BatchRunner[EnrollRequest, EnrollOutcome]

    def __call__(
        self, items: Iterable[tuple[Key, EnrollRequest | FaceError]], call: Call
    ) -> Iterator[Outcome[Key, EnrollOutcome]]:
        """Yield each item's outcome as soon as it is ready. Raises CallEndedError."""
        return self.run(items, call)
