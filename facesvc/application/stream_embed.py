"""Embedding the best face of each image of a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from facesvc.application.batch_runner import BatchRunner, Outcome
from facesvc.application.call import Call
from facesvc.application.embedded_face import EmbeddedCrop, EmbeddedFace
from facesvc.application.images import ImageInput
from facesvc.domain.errors import FaceError

Key = TypeVar("Key")


@dataclass(frozen=True)
class StreamEmbed:
    """Answers StreamEmbed."""

    run: BatchRunner[ImageInput, EmbeddedFace | EmbeddedCrop]

    def __call__(
        self, items: Iterable[tuple[Key, ImageInput | FaceError]], call: Call
    ) -> Iterator[Outcome[Key, EmbeddedFace | EmbeddedCrop]]:
        """Yield each item's outcome as soon as it is ready. Raises CallEndedError."""
        return self.run(items, call)
