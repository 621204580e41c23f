"""Anti-spoofing models of three shapes behind one question: how likely the face is real."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from facesvc.engine.crops import cut, to_blob
from facesvc.engine.sessions import OpenModel
from facesvc.engine.view import FaceView
from facesvc.models.manifest import Meaning


class LivenessModel(Protocol):
    """One anti-spoofing model."""

    def real_probability(self, view: FaceView) -> float:
        """Return P(real), 0-1."""
        ...


class ClassLogits:
    """A model with one logit a class on an enlarged box (Silent-Face's, fr_liveness)."""

    def __init__(self, model: OpenModel) -> None:
        self._model = model

    def real_probability(self, view: FaceView) -> float:
        spec = self._model.spec
        logits = self._model.run(to_blob(cut(view, spec), spec))[0][0].astype(np.float64)
        weights = np.exp(logits - logits.max())
        return float(weights[spec.real_index] / weights.sum())


class LivenessModels:
    """The pack's models together: the mean of their answers against one threshold."""

    def __init__(self, models: Sequence[OpenModel]) -> None:
        self._models = [_open(model) for model in models]
        self.threshold = models[0].spec.threshold
        self.min_face = max(model.spec.min_face for model in models)

    def real_probability(self, view: FaceView) -> float:
        return float(np.mean([model.real_probability(view) for model in self._models]))


def _open(model: OpenModel) -> LivenessModel:
    if model.spec.output is Meaning.LIVE_PROBABILITY:
        from facesvc.engine.insightface_models import (
            AlignedProbability,  # slow to import, seldom needed
        )

        return AlignedProbability(model)
    return ClassLogits(model)
