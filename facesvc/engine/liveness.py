"""The liveness decision: heuristics always, the pack's model on top."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from facesvc.domain.liveness import Liveness, LivenessReason
from facesvc.engine.liveness_heuristics import heuristic_checks
from facesvc.engine.liveness_model import LivenessModels
from facesvc.engine.view import FaceView

HEURISTICS_THRESHOLD = 0.5  # the middle: the heuristics' mean has no measured meaning
VETO_FACTOR = 2.0  # a check below half of the threshold decides alone


@dataclass(frozen=True)
class LivenessPolicy:
    """``threshold`` in place of the models' own, None to keep it. Faces that are smaller than
    the models were shown to work on are live when ``accept_small``, else not.
    """

    threshold: float | None = None
    accept_small: bool = False


def judge(
    view: FaceView, confidence: float, models: LivenessModels | None, policy: LivenessPolicy
) -> Liveness:
    """Return the outcome. With a model, it alone decides and gives the confidence, but for faces
    of which it was not shown to know anything.
    """
    checks = heuristic_checks(view, confidence)
    if models is None:
        return _decided(heuristics_confidence(checks), HEURISTICS_THRESHOLD, checks, "heuristics")
    checks["model"] = models.real_probability(view)
    threshold = models.threshold if policy.threshold is None else policy.threshold
    decided = _decided(checks["model"], threshold, checks, "model")
    if view.side_px >= models.min_face:
        return decided
    reason = LivenessReason.TOO_SMALL_TO_TELL
    return replace(decided, is_live=policy.accept_small, reason=reason)


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
