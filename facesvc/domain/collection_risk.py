"""Collections that have grown too large for the threshold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from facesvc.domain.operating_point import AS_CONFIGURED, Limit, ThresholdRule
from facesvc.domain.risk import GallerySize

MAX_FPIR = 0.01  # more strangers than that answered with somebody deserve a warning


@dataclass(frozen=True)
class CollectionRisk:
    """``estimated_fpir`` is what the threshold in use leads to, ``threshold_for_target`` the one
    of MAX_FPIR, None where the calibration does not reach so far.
    """

    collection: str
    users: int
    threshold: float
    estimated_fpir: float
    threshold_for_target: float | None


def risks_of(
    sizes: Mapping[str, GallerySize], thresholds_of: Callable[[str], ThresholdRule]
) -> list[CollectionRisk]:
    """Return the collections above MAX_FPIR where a call says nothing, sorted by name."""
    risks = []
    for name, size in sorted(sizes.items()):
        thresholds = thresholds_of(name)
        point = thresholds.one_to_many(AS_CONFIGURED, size)
        if point.estimated is None or point.estimated <= MAX_FPIR * (1 + 1e-6):
            continue
        better = thresholds.one_to_many(Limit(target=MAX_FPIR), size)
        wanted = better.threshold if better.target_reached else None
        risks.append(CollectionRisk(name, size.users, point.threshold, point.estimated, wanted))
    return risks
