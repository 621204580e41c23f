"""The decision on a check-in, from similarities: what is sure, and what a person should see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from facesvc.domain.gallery import Match
from facesvc.domain.rejection import Rejection, RejectionReason
from facesvc.domain.similarity import is_match

# Defaults of a request that says nothing. Both are conventions, no measurements: how many cases
# a person looks at is the caller's to choose.
REVIEW_BAND = 0.08
MIN_MARGIN = 0.05


class Decision(Enum):
    """The contract's decisions."""

    MATCH = "MATCH"
    REVIEW = "REVIEW"
    NO_MATCH = "NO_MATCH"
    NOT_LIVE = "NOT_LIVE"
    LOW_QUALITY = "LOW_QUALITY"


@dataclass(frozen=True)
class Limits:
    """``threshold`` of the cosine similarity; ``review_band`` below it a person looks;
    ``min_margin`` is the least distance to any other user.
    """

    threshold: float
    review_band: float = REVIEW_BAND
    min_margin: float = MIN_MARGIN


@dataclass(frozen=True)
class Verdict:
    """``match`` is the user of a MATCH or REVIEW, ``margin`` its distance to the next user, None
    when there is none; ``reasons`` say why it is no MATCH.
    """

    decision: Decision
    match: Match | None = None
    margin: float | None = None
    reasons: list[Rejection] = field(default_factory=list)


def decide(candidate: Match | None, others: Sequence[Match], limits: Limits) -> Verdict:
    """Return the verdict on the candidate: the most similar user, or the one that was claimed.

    ``candidate`` is None when nobody is enrolled. ``others`` are other users, best first.
    """
    if candidate is None:
        hint = "Nobody is enrolled in this collection: enrol somebody, or name another one."
        nobody = Rejection(RejectionReason.NOBODY_ENROLLED, 0.0, 1.0, hint)
        return Verdict(Decision.NO_MATCH, reasons=[nobody])
    reasons = _doubts(candidate, others, limits)
    similarity = candidate.similarity
    reaches = is_match(similarity, limits.threshold)
    if not reaches and not is_match(similarity, limits.threshold - limits.review_band):
        return Verdict(Decision.NO_MATCH, reasons=reasons[:1])
    margin = similarity - others[0].similarity if others else None
    decision = Decision.REVIEW if reasons else Decision.MATCH
    return Verdict(decision, candidate, margin, reasons)


def _doubts(candidate: Match, others: Sequence[Match], limits: Limits) -> list[Rejection]:
    doubts = []
    if not is_match(candidate.similarity, limits.threshold):
        hint = "Take another photo, look straight at the camera, or enrol a newer photo."
        doubts.append(
            Rejection(RejectionReason.BELOW_THRESHOLD, candidate.similarity, limits.threshold, hint)
        )
    if others:
        margin = candidate.similarity - others[0].similarity
        if not is_match(margin, limits.min_margin):
            hint = "Another user looks as much like this photo: let a person decide."
            doubts.append(Rejection(RejectionReason.CLOSE_SECOND, margin, limits.min_margin, hint))
    return doubts
