"""An evaluation as JSON and as a page of Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from facesvc.evaluation.evaluate import Evaluation
from facesvc.evaluation.intervals import Estimate
from facesvc.evaluation.machine import machine

_MOST_SUSPECTS = 20
_ROUNDING = 1e-6  # no other photo of the person: -1


@dataclass(frozen=True)
class Origin:
    """What a page is about: the ``data``, the ``service``, which ``face`` of a photo counts, and
    the ``folder`` that photos are named from.
    """

    data: str
    service: str
    face: str
    folder: Path


def to_json(evaluation: Evaluation) -> str:
    """Return every figure; a figure that could not be measured is null."""
    return json.dumps(_finite(asdict(evaluation)), indent=1) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def to_markdown(
    evaluation: Evaluation, title: str, origin: Origin, plots: Sequence[str] = ()
) -> str:
    """Return the page; ``plots`` are the file names of pictures beside it."""
    parts = [f"# {title}", _origin(origin), *_summary(evaluation), *_verification(evaluation)]
    parts += [*_identification(evaluation), *_groups(evaluation), *_error_reject(evaluation)]
    parts += [*_liveness(evaluation), *_suspects(evaluation, origin.folder)]
    parts += [f"![{_name_of(name)}]({name})" for name in plots]
    return "\n\n".join(parts) + "\n"


def percent(value: float, digits: int = 2) -> str:
    """Return a share as a percentage."""
    return f"{100 * value:.{digits}f} %" if math.isfinite(value) else "-"


def interval(estimate: Estimate) -> str:
    """Return a share with its 95 % interval."""
    low, high = (100 * value for value in (estimate.low, estimate.high))
    return f"{percent(estimate.value)} ({low:.2f} to {high:.2f})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _origin(origin: Origin) -> str:
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    return (
        f"Made by `facesvc eval` on {day}. Photos: {origin.data}. Of a photo of several faces "
        f"{origin.face} counts. Service: {origin.service}. Machine: {machine()}."
    )


def _name_of(plot: str) -> str:
    return Path(plot).stem.replace("_", " ")


def _summary(evaluation: Evaluation) -> Iterator[str]:
    yield (
        f"{evaluation.photos} photos of {evaluation.people} people; threshold "
        f"{evaluation.threshold:.3f}; recognizer `{evaluation.model[:16]}`. Intervals are 95 %: "
        "by bootstrap over people, and exact where photos are independent."
    )
    yield f"Not usable: {interval(evaluation.failure_rate)} of the photos."
    if evaluation.failures:
        rows = [[reason, str(count)] for reason, count in evaluation.failures.items()]
        yield _table(["reason", "photos"], rows)


def _verification(evaluation: Evaluation) -> Iterator[str]:
    found = evaluation.verification
    if found is None:
        return
    yield "## 1:1"
    yield (
        f"{found.genuine_pairs} genuine and {found.impostor_pairs} impostor pairs. At the "
        f"threshold {evaluation.threshold:.3f}: FMR {found.fmr_at_threshold:.2g}, TAR "
        f"{interval(found.tar_at_threshold)}. Equal error rate {percent(found.equal_error_rate)}."
    )
    rows = [
        [f"{point.fmr:g}", f"{point.threshold:.3f}", interval(point.tar)] for point in found.points
    ]
    yield _table(["FMR", "threshold", "TAR"], rows)


def _identification(evaluation: Evaluation) -> Iterator[str]:
    found = evaluation.identification
    if found is None:
        return
    yield "## 1:N, one photo for each person enrolled"
    if found.points:
        rows = [
            [str(point.size), f"{point.fpir:g}", f"{point.threshold:.3f}", interval(point.fnir)]
            for point in found.points
        ]
        yield _table(["people", "FPIR", "threshold", "FNIR"], rows)
    yield f"At the threshold {evaluation.threshold:.3f}:"
    rows = [
        [str(point.size), interval(point.fpir), interval(point.fnir)]
        for point in found.at_threshold
    ]
    yield _table(["people", "strangers answered (FPIR)", "FNIR"], rows)


def _groups(evaluation: Evaluation) -> Iterator[str]:
    if not evaluation.groups:
        return
    yield "## By group"
    yield f"Comparisons within each group, at the threshold {evaluation.threshold:.3f}."
    rows = [
        [
            rates.column,
            rates.group,
            str(rates.people),
            f"{rates.fmr.value:.2g} ({rates.fmr.low:.2g} to {rates.fmr.high:.2g})",
            interval(rates.fnmr),
        ]
        for rates in evaluation.groups
    ]
    yield _table(["column", "group", "people", "FMR", "FNMR"], rows)


def _error_reject(evaluation: Evaluation) -> Iterator[str]:
    if not evaluation.error_reject:
        return
    yield "## Error against photos set aside"
    yield "FNMR at a false match rate of 1e-4, with the worst photos by each measure set aside."
    rows = [
        [point.measure, percent(point.share, 0), f"{point.limit:.3f}", percent(point.fnmr)]
        for point in evaluation.error_reject
    ]
    yield _table(["by", "set aside", "limit", "FNMR"], rows)


def _liveness(evaluation: Evaluation) -> Iterator[str]:
    found = evaluation.liveness
    if found is None:
        return
    yield "## Liveness"
    rows = [
        [f"APCER {kind}", str(rate.trials), interval(rate)] for kind, rate in found.apcer.items()
    ]
    rows.append(["BPCER", str(found.bpcer.trials), interval(found.bpcer)])
    yield _table(["rate", "photos", "value"], rows)


def _suspects(evaluation: Evaluation, folder: Path) -> Iterator[str]:
    if not evaluation.suspects:
        return
    yield "## Labels to look at"
    yield (
        f"{len(evaluation.suspects)} photos match another person above the threshold and none of "
        "their own person's."
    )
    rows = [
        [
            _within(folder, suspect.photo),
            f"{suspect.own:.2f}" if suspect.own >= -1.0 + _ROUNDING else "-",
            _within(folder, suspect.other_photo),
            f"{suspect.similarity:.2f}",
        ]
        for suspect in evaluation.suspects[:_MOST_SUSPECTS]
    ]
    yield _table(["photo", "own, at best", "fits better", "similarity"], rows)


def _within(folder: Path, photo: str) -> str:
    path = Path(photo)
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else photo
