"""The models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import Attributes, DetectedFace
from facesvc.domain.liveness import Liveness
from facesvc.domain.photo import Photo
from facesvc.domain.quality import Quality


class FaceEngine(Protocol):
    """The models. Thread-safe; every method is compute and wants a permit of the gate."""

    def detect(self, photo: Photo) -> list[DetectedFace]:
        """Return every face, most confident first; an empty list when there is none."""
        ...

    def assess_quality(self, photo: Photo, face: DetectedFace) -> Quality:
        """Return the quality of one detected face."""
        ...

    def embed(self, photo: Photo, face: DetectedFace) -> NDArray[np.float32]:
        """Return the L2-normalised embedding, float32 (512,)."""
        ...

    def check_liveness(self, photo: Photo, face: DetectedFace) -> Liveness:
        """Return the outcome of every liveness check on one face."""
        ...

    def estimate_attributes(self, photo: Photo, face: DetectedFace) -> Attributes:
        """Return age and gender of one face."""
        ...


@dataclass(frozen=True)
class PackInfo:
    """The model pack in use. ``recognizer`` is the digest that galleries are bound to."""

    name: str
    licence: str
    detector: str
    recognizer: str
    embedding_size: int
    provider: str
