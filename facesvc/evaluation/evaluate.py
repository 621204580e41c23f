"""One evaluation of a labelled set: every measurement that its labels allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from facesvc.evaluation import identification, verification
from facesvc.evaluation.error_reject import RejectPoint, error_reject_curves
from facesvc.evaluation.groups import GroupRates, rates_by_group
from facesvc.evaluation.identification import FixedThresholdPoint, IdentificationPoint
from facesvc.evaluation.intervals import Estimate, proportion
from facesvc.evaluation.labelled_photos import LabelledSet
from facesvc.evaluation.liveness_rates import LivenessRates, liveness_rates
from facesvc.evaluation.mislabelled import Suspect, suspects
from facesvc.evaluation.observations import Observation
from facesvc.evaluation.templates import Templates, templates_of
from facesvc.evaluation.verification import Comparisons, OperatingPoint

REJECT_FMR = 1e-4  # what a set of a few thousand photos can tell


@dataclass(frozen=True)
class Verification:
    """1:1 results. ``curve`` is (threshold, FMR, FNMR)."""

    genuine_pairs: int
    impostor_pairs: int
    points: list[OperatingPoint]
    equal_error_rate: float
    fmr_at_threshold: float
    tar_at_threshold: Estimate
    curve: list[tuple[float, float, float]]


@dataclass(frozen=True)
class Identification:
    """1:N results by gallery size."""

    points: list[IdentificationPoint]
    at_threshold: list[FixedThresholdPoint]


@dataclass(frozen=True)
class Evaluation:
    """Everything measured; a part is None or empty where the labels do not allow it."""

    photos: int
    people: int
    threshold: float
    model: str
    failures: Mapping[str, int]
    failure_rate: Estimate
    verification: Verification | None = None
    identification: Identification | None = None
    groups: list[GroupRates] = field(default_factory=list)
    error_reject: list[RejectPoint] = field(default_factory=list)
    liveness: LivenessRates | None = None
    suspects: list[Suspect] = field(default_factory=list)


def evaluate(
    labels: LabelledSet, observed: Mapping[str, Observation], threshold: float
) -> Evaluation:
    """Measure everything at the service's threshold and at the usual error rates."""
    answers = [observed[str(photo.path)] for photo in labels.photos if str(photo.path) in observed]
    failures = Counter(answer.failure for answer in answers if answer.failure)
    templates = templates_of(labels, observed)
    comparable = len(np.unique(templates.people)) > 1
    return Evaluation(
        photos=len(answers),
        people=len(templates.names),
        threshold=threshold,
        model=next((answer.model for answer in answers if answer.model), ""),
        failures=dict(failures.most_common()),
        failure_rate=proportion(sum(failures.values()), len(answers)),
        verification=_verification(labels, templates, threshold) if comparable else None,
        identification=_identification(templates, threshold) if comparable else None,
        groups=rates_by_group(templates, threshold) if comparable else [],
        error_reject=error_reject_curves(templates, REJECT_FMR) if comparable else [],
        liveness=liveness_rates(labels, observed),
        suspects=suspects(templates, threshold) if comparable else [],
    )


def _verification(
    labels: LabelledSet, templates: Templates, threshold: float
) -> Verification | None:
    comparisons: Comparisons = (
        verification.compare_all(templates)
        if labels.pairs is None
        else verification.compare_pairs(templates, labels.pairs)
    )
    if not len(comparisons.genuine.scores):
        return None
    return Verification(
        len(comparisons.genuine.scores),
        int(comparisons.impostors.sum()),
        verification.operating_points(comparisons),
        verification.equal_error_rate(comparisons),
        comparisons.fmr(threshold),
        verification.true_accept_rate(comparisons.genuine, threshold),
        verification.curve(comparisons),
    )


def _identification(templates: Templates, threshold: float) -> Identification | None:
    points, fixed = [], []
    for found in _trials(templates):
        points += [identification.point_at(found, fpir) for fpir in identification.FPIRS]
        fixed.append(identification.fixed_threshold(found, threshold))
    known = [point for point in points if point is not None]
    return Identification(known, fixed) if fixed else None


def _trials(templates: Templates) -> Iterator[list[identification.Trial]]:
    for size in identification.sizes_for(templates):
        found = identification.trials(templates, size)
        if all(len(trial.own) and len(trial.strangers) for trial in found):
            yield found
