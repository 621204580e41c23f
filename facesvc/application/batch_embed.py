"""Embedding the best face of each image of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facesvc.application.batch_runner import BatchRunner
from facesvc.application.call import Call
from facesvc.application.embedded_face import EmbeddedCrop, EmbeddedFace
from facesvc.application.images import ImageInput


@dataclass(frozen=True)
class BatchEmbed:
    """Answers BatchEmbed."""

    run: BatchRunner[ImageInput, EmbeddedFace | EmbeddedCrop]

    def __call__(
        self, images: Sequence[ImageInput], call: Call
    ) -> list[EmbeddedFace | EmbeddedCrop | Exception]:
        """Return a result for each image, in their order. Raises CallEndedError."""
        results = {outcome.key: outcome.result for outcome in self.run(enumerate(images), call)}
        return [results[index] for index in range(len(images))]
