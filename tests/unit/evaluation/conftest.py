"""Made-up people whose similarities are known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from facesvc.evaluation.labelled_photos import LabelledPhoto, LabelledSet
from facesvc.evaluation.observations import Observation

MakeSet = Callable[..., tuple[LabelledSet, dict[str, Observation]]]


@pytest.fixture
def make_set() -> MakeSet:
    """Return a function that makes ``people`` with ``photos`` each; ``spread`` is the length of
    the noise that each photo adds to its person's direction of length 1.
    """

    def make(
        people: int, photos: int, spread: float = 0.3, seed: int = 1
    ) -> tuple[LabelledSet, dict[str, Observation]]:
        random = np.random.default_rng(seed)
        labels, observed = [], {}
        for person in range(people):
            centre = unit(random.normal(size=512))
            for photo in range(photos):
                path = Path(f"p{person}/{photo}.jpg")
                group = {"region": "north" if person % 2 else "south"}
                labels.append(LabelledPhoto(path, f"p{person}", group))
                noise = spread * unit(random.normal(size=512))
                observed[str(path)] = Observation(
                    str(path), embedding=unit(centre + noise), model="m", score=0.5
                )
        return LabelledSet(labels), observed

    return make


def unit(vector: np.ndarray) -> np.ndarray:
    """Return the direction, float32."""
    return (vector / np.linalg.norm(vector)).astype(np.float32)
