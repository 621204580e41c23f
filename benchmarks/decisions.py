"""Predicted against measured risk, and what CheckIn decides, by gallery size.

``python benchmarks/decisions.py calibration`` reads the observations that
``python -m facesvc.evaluation.calibration`` kept and prints the tables of docs/risk.md and
docs/check-in.md. The risk is cross-validated: five parts of the people, the model fitted on four,
strangers from the fifth, galleries of the four.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.check_in import MIN_MARGIN, REVIEW_BAND
from facesvc.domain.risk import GallerySize
from facesvc.evaluation.calibration.impostors import fit_impostors
from facesvc.evaluation.calibration.observe import Faces
from facesvc.evaluation.intervals import proportion

PARTS, DRAWS, SEED = 5, 6, 0
SIZES = (300, 1000, 2000)
CHECK_IN_SIZES = (100, 1000, 2000)
THRESHOLDS = (0.40, 0.45, 0.50)


@dataclass(frozen=True)
class People:
    """``embeddings`` float32 (n, 512) of ``people``, int (n,)."""

    embeddings: NDArray[np.float32]
    people: NDArray[np.int64]

    def gallery(
        self, enrolled: NDArray[np.int64], random: np.random.Generator
    ) -> NDArray[np.int64]:
        """Return one photo of each enrolled person, by its row, in random choice."""
        rows = random.permutation(np.flatnonzero(np.isin(self.people, enrolled)))
        _, first = np.unique(self.people[rows], return_index=True)
        return np.asarray(rows[first], np.int64)


def risk_rows(seen: People) -> Iterator[str]:
    """Yield a row for each size and threshold: measured, predicted, their ratio."""
    random = np.random.default_rng(SEED)
    everybody = np.unique(seen.people)
    part_of = random.integers(0, PARTS, len(everybody))
    measured: dict[tuple[int, float], list[float]] = {}
    predicted: dict[tuple[int, float], list[float]] = {}
    for part in range(PARTS):
        known = everybody[part_of != part]
        ours = np.isin(seen.people, known)
        scores = fit_impostors(seen.embeddings[ours], seen.people[ours])
        strangers = seen.embeddings[~ours]
        for size in SIZES:
            for _ in range(DRAWS):
                rows = seen.gallery(random.permutation(known)[:size], random)
                best = (strangers @ seen.embeddings[rows].T).max(axis=1)
                for threshold in THRESHOLDS:
                    key = size, threshold
                    measured.setdefault(key, []).append(float((best >= threshold).mean()))
                    gallery = GallerySize(size, size)
                    predicted.setdefault(key, []).append(scores.fpir(threshold, gallery))
    for (size, threshold), shares in measured.items():
        real, model = float(np.mean(shares)), float(np.mean(predicted[size, threshold]))
        ratio = f"{model / real:.2f}" if real else "-"
        yield f"| {size:,} | {threshold:.2f} | {real:.2%} | {model:.2%} | {ratio} |"


def check_in_rows(seen: People, threshold: float) -> Iterator[str]:
    """Yield what CheckIn's defaults decide on enrolled people and on strangers."""
    random = np.random.default_rng(SEED)
    everybody, counts = np.unique(seen.people, return_counts=True)
    for size in CHECK_IN_SIZES:
        own, strangers = np.zeros(4, int), np.zeros(3, int)
        for _ in range(DRAWS):
            several = random.permutation(everybody[counts > 1])[: size // 2]
            others = random.permutation(np.setdiff1d(everybody, several))[: size - len(several)]
            rows = seen.gallery(np.concatenate([several, others]), random)
            owners = seen.people[rows]
            known = np.isin(seen.people, owners)
            probes = np.setdiff1d(np.flatnonzero(known), rows)
            own += _decisions(seen, probes, rows, owners, threshold)
            away = np.flatnonzero(~known)
            strangers += _decisions(seen, away, rows, owners, threshold)[[1, 2, 3]]
        total, outside = int(own.sum()), int(strangers.sum())
        yield (
            f"| {size:,} | {_share(own[0], total)} | {_share(own[1], total)} | "
            f"{_share(own[2], total)} | {_share(own[3], total)} | "
            f"{_share(strangers[0], outside)} | {_share(strangers[1], outside)} |"
        )


def _decisions(
    seen: People,
    probes: NDArray[np.int64],
    rows: NDArray[np.int64],
    owners: NDArray[np.int64],
    threshold: float,
) -> NDArray[np.int64]:
    """Return how many are the right MATCH, a wrong MATCH, REVIEW and NO_MATCH."""
    similar = seen.embeddings[probes] @ seen.embeddings[rows].T
    order = np.argsort(-similar, axis=1)[:, :2]
    best, second = np.take_along_axis(similar, order, axis=1).T
    right = owners[order[:, 0]] == seen.people[probes]
    none = best < threshold - REVIEW_BAND
    match = (best >= threshold) & (best - second >= MIN_MARGIN)
    counts = [match & right, match & ~right, ~none & ~match, none]
    return np.array([int(each.sum()) for each in counts])


def _share(events: int, trials: int) -> str:
    estimate = proportion(int(events), trials)
    return f"{estimate.value:.2%} ({estimate.low:.2%} to {estimate.high:.2%})"


def main() -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path, help="folder of the calibration's observations")
    parser.add_argument("--same", type=Path, help="lines of names that are one person, by blanks")
    parser.add_argument("--threshold", type=float, default=0.45)
    arguments = parser.parse_args()
    seen = _people(arguments.work / "clean.npz", arguments.same)
    write = sys.stdout.write
    write("| people | threshold | measured FPIR | predicted | ratio |\n|---|---|---|---|---|\n")
    for row in risk_rows(seen):
        write(row + "\n")
    write("\n| people | right MATCH | wrong MATCH | REVIEW | NO_MATCH | ")
    write("strangers: MATCH | strangers: REVIEW |\n|---|---|---|---|---|---|---|\n")
    for row in check_in_rows(seen, arguments.threshold):
        write(row + "\n")
    return 0


def _people(file: Path, same: Path | None) -> People:
    with np.load(file) as arrays:
        faces = Faces(**arrays)
    one: dict[str, str] = {}
    for line in same.read_text(encoding="utf-8").splitlines() if same else ():
        names = line.split("#")[0].split()
        one.update(dict.fromkeys(names, " ".join(names)))
    people = [Path(path).parent.name for path in faces.path.tolist()]
    numbers = np.unique([one.get(name, name) for name in people], return_inverse=True)[1]
    return People(faces.embedding, numbers.astype(np.int64))


if __name__ == "__main__":
    sys.exit(main())
