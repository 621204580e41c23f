"""The liveness decision: heuristics always, the pack's model on top."""

from __future__ import annotations

from collections.abc import Mapping

from facesvc.domain.liveness import Liveness
from facesvc.engine.liveness_heuristics import heuristic_checks
from facesvc.engine.liveness_model import LivenessModels
from facesvc.engine.view import FaceView

HEURISTICS_THRESHOLD = 0.5  # the middle: the heuristics' mean has no measured meaning
VETO_FACTOR = 2.0  # a check below half of the threshold decides alone


def judge(view: FaceView, confidence: float, models: LivenessModels | None) -> Liveness:
    """Return the outcome. With a model, it alone decides and gives the confidence."""
    checks = heuristic_checks(view, confidence)
    if models is None:
        return _decided(heuristics_confidence(checks), HEURISTICS_THRESHOLD, checks, "heuristics")
    checks["model"] = models.real_probability(view)
    return _decided(checks["model"], models.threshold, checks, "model")


def _decided(
    confidence: float, threshold: float, checks: Mapping[str, float], method: str
) -> Liveness:
    return Liveness(confidence >= threshold, confidence, checks, method, threshold)


def heuristics_confidence(checks: Mapping[str, float]) -> float:
    """Return the checks' mean, but at most VETO_FACTOR times the lowest of them, so that one
    clear failure is not outvoted. This is no presentation attack detection.
    """
    scores = checks.values()
    return min(sum(scores) / len(scores), VETO_FACTOR * min(scores))
