"""The outcome of a liveness check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class LivenessReason(Enum):
    """Why ``is_live`` is a policy's answer rather than the method's."""

    TOO_SMALL_TO_TELL = "TOO_SMALL_TO_TELL"


@dataclass(frozen=True)
class Liveness:
    """``confidence`` 0-1 that the face is live, as the deciding ``method`` says it; ``threshold``
    is the confidence that decided.

    ``checks`` maps a check's name to its score 0-1 (1 = looks live): the five heuristics,
    plus ``model`` when the pack has an anti-spoofing model. ``method`` is "model" or
    "heuristics". The heuristics alone are not presentation attack detection. ``reason`` is set
    where a policy decided, not the method: what the face shows tells nothing.
    """

    is_live: bool
    confidence: float
    checks: Mapping[str, float]
    method: str
    threshold: float
    reason: LivenessReason | None = None
