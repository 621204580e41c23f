"""Presentation attacks accepted, and live people refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from facesvc.evaluation.intervals import Estimate, proportion
from facesvc.evaluation.labelled_photos import LIVE, LabelledSet
from facesvc.evaluation.observations import Observation


@dataclass(frozen=True)
class LivenessRates:
    """APCER of each kind of attack (accepted as live) and BPCER (live, refused), as ISO/IEC
    30107-3 names them; a photo without a face counts as refused.
    """

    apcer: Mapping[str, Estimate]
    bpcer: Estimate


def liveness_rates(
    labels: LabelledSet, observed: Mapping[str, Observation]
) -> LivenessRates | None:
    """Return the rates, None where no photo's presentation is labelled."""
    accepted: dict[str, list[bool]] = {}
    for photo in labels.photos:
        answer = observed.get(str(photo.path))
        if photo.presentation and answer is not None:
            accepted.setdefault(photo.presentation, []).append(answer.is_live)
    if not accepted:
        return None
    live = accepted.pop(LIVE, [])
    return LivenessRates(
        {kind: proportion(sum(found), len(found)) for kind, found in sorted(accepted.items())},
        proportion(len(live) - sum(live), len(live)),
    )
