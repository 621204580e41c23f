"""The liveness decision: heuristics always, the pack's model on top."""

from __future__ import annotations

from facesvc.adapters.engine.liveness_heuristics import heuristic_checks
from facesvc.adapters.engine.liveness_model import LivenessModels
from facesvc.adapters.engine.view import FaceView
from facesvc.domain.liveness import Liveness

HEURISTICS_THRESHOLD = 0.5  # the middle: the heuristics' mean has no measured meaning


def judge(view: FaceView, confidence: float, models: LivenessModels | None) -> Liveness:
    """Return the outcome. With a model, it alone decides and gives the confidence; without,
    the mean of the heuristics does, which is no presentation attack detection.
    """
    checks = heuristic_checks(view, confidence)
    if models is None:
        mean = sum(checks.values()) / len(checks)
        return Liveness(mean >= HEURISTICS_THRESHOLD, mean, checks, "heuristics")
    probability = models.real_probability(view)
    checks["model"] = probability
    return Liveness(probability >= models.threshold, probability, checks, "model")
