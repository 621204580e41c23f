"""What similarities lead to: the decision on a check-in."""

from __future__ import annotations

import numpy as np
import pytest

from facesvc.domain.check_in import Decision, Limits, decide
from facesvc.domain.gallery import Match
from facesvc.domain.rejection import RejectionReason

LIMITS = Limits(threshold=0.45, review_band=0.08, min_margin=0.05)


def user(name: str, similarity: float) -> Match:
    """A user who is that similar to the photo."""
    return Match(name, similarity, name.title())


@pytest.mark.parametrize(
    ("similarity", "second", "decision", "reasons"),
    [
        (0.80, 0.30, Decision.MATCH, []),
        (0.45, 0.10, Decision.MATCH, []),  # the threshold itself is enough
        (0.449, 0.10, Decision.REVIEW, ["BELOW_THRESHOLD"]),
        (0.37, 0.10, Decision.REVIEW, ["BELOW_THRESHOLD"]),  # the band's edge is inside
        (0.369, 0.10, Decision.NO_MATCH, ["BELOW_THRESHOLD"]),
        (0.80, 0.75, Decision.MATCH, []),  # exactly the margin
        (0.80, 0.76, Decision.REVIEW, ["CLOSE_SECOND"]),
        (0.44, 0.43, Decision.REVIEW, ["BELOW_THRESHOLD", "CLOSE_SECOND"]),
        (0.10, 0.09, Decision.NO_MATCH, ["BELOW_THRESHOLD"]),
        (-0.20, -0.30, Decision.NO_MATCH, ["BELOW_THRESHOLD"]),
    ],
)
def test_the_decision_follows_from_both_limits(
    similarity: float, second: float, decision: Decision, reasons: list[str]
) -> None:
    """Above the threshold and far from the next is a match; near either limit a person looks."""
    verdict = decide(user("anna", similarity), [user("bert", second)], LIMITS)
    assert verdict.decision is decision
    assert [reason.reason.value for reason in verdict.reasons] == reasons
    assert (verdict.match is None) == (decision is Decision.NO_MATCH)


def test_no_match_names_nobody() -> None:
    """A caller that forgets the decision must not take the nearest stranger for present."""
    verdict = decide(user("anna", 0.2), [user("bert", 0.1)], LIMITS)
    assert (verdict.match, verdict.margin) == (None, None)
    assert verdict.reasons[0].measured == pytest.approx(0.2)
    assert verdict.reasons[0].limit == pytest.approx(0.45)


def test_without_another_user_there_is_no_margin() -> None:
    """One enrolled person is nobody's double."""
    verdict = decide(user("anna", 0.8), [], LIMITS)
    assert (verdict.decision, verdict.margin) == (Decision.MATCH, None)


def test_a_claimed_user_whom_another_beats_is_for_review() -> None:
    """The margin is negative then, and says so."""
    verdict = decide(user("anna", 0.6), [user("bert", 0.7)], LIMITS)
    assert verdict.decision is Decision.REVIEW
    assert verdict.margin == pytest.approx(-0.1)
    assert verdict.match is not None
    assert verdict.match.user_id == "anna"
    assert verdict.reasons[0].measured == pytest.approx(-0.1)


def test_zero_band_and_margin_leave_nothing_to_review() -> None:
    """A caller without reviewers gets yes or no; a tie is still no reason to refuse."""
    strict = Limits(threshold=0.45, review_band=0.0, min_margin=0.0)
    assert decide(user("anna", 0.449), [], strict).decision is Decision.NO_MATCH
    tie = decide(user("anna", 0.6), [user("bert", 0.6)], strict)
    assert (tie.decision, tie.reasons) == (Decision.MATCH, [])


def test_the_margin_is_compared_as_the_caller_sees_it() -> None:
    """A min_margin of 0.05 arrives as float32, a little more than 0.05."""
    sent = Limits(threshold=0.45, min_margin=float(np.float32(0.05)))
    verdict = decide(user("anna", 0.80), [user("bert", 0.75)], sent)
    assert (verdict.decision, verdict.reasons) == (Decision.MATCH, [])


def test_an_empty_collection_is_told() -> None:
    """A wrong collection's name would otherwise look like a stranger."""
    verdict = decide(None, [], LIMITS)
    assert verdict.decision is Decision.NO_MATCH
    assert [each.reason for each in verdict.reasons] == [RejectionReason.NOBODY_ENROLLED]
