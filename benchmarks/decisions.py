"""Predicted against measured risk, and what CheckIn decides, by gallery size.

``python benchmarks/decisions.py calibration`` reads the observations that
``python -m facesvc.evaluation.calibration`` kept and prints the tables of docs/risk.md and
docs/check-in.md. The risk is cross-validated: five parts of the people, the model fitted on four,
strangers from the fifth, galleries of the four; and that three times, as those who look alike may
be in one part. The measured share has its 95 % interval, by bootstrap over the strangers' people:
at high thresholds it rests on a handful of them.
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
from facesvc.evaluation.calibration.kept_faces import read_faces
from facesvc.evaluation.intervals import proportion

PARTS, DRAWS, SEED = 5, 6, 0
RISK_DRAWS, REPEATS, RESAMPLES = 10, 3, 1000
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


@dataclass
class Answered:
    """``hits`` float64 (people,) of the searches of each person's photos that were answered with
    somebody else, ``searches`` likewise, ``predicted`` the model's shares, one a gallery.
    """

    hits: NDArray[np.float64]
    searches: NDArray[np.float64]
    predicted: list[float]

    def measured(self) -> tuple[float, float, float]:
        """Return the share of searches that were answered and its 95 % interval over people."""
        random = np.random.default_rng(SEED)
        asked = np.flatnonzero(self.searches)
        drawn = random.multinomial(len(asked), np.full(len(asked), 1 / len(asked)), RESAMPLES)
        shares = (drawn @ self.hits[asked]) / (drawn @ self.searches[asked])
        low, high = np.percentile(shares, [2.5, 97.5])
        return float(self.hits.sum() / self.searches.sum()), float(low), float(high)


def risk_rows(seen: People) -> Iterator[str]:
    """Yield a row for each size and threshold: measured, predicted, their ratio."""
    for (size, threshold), answered in risks(seen).items():
        real, low, high = answered.measured()
        model = float(np.mean(answered.predicted))
        ratio = f"{model / real:.2f}" if real else "-"
        inside = "yes" if low <= model <= high else "no"
        measured = f"{real:.2%} ({low:.2%} to {high:.2%})"
        yield f"| {size:,} | {threshold:.2f} | {measured} | {model:.2%} | {ratio} | {inside} |"


def risks(seen: People) -> dict[tuple[int, float], Answered]:
    """Return what was measured and predicted for each size and threshold."""
    everybody = np.unique(seen.people)
    nobody = np.zeros(len(everybody))
    found = {
        (size, threshold): Answered(nobody.copy(), nobody.copy(), [])
        for size in SIZES
        for threshold in THRESHOLDS
    }
    for repeat in range(REPEATS):
        random = np.random.default_rng(SEED + repeat)
        part_of = random.integers(0, PARTS, len(everybody))
        for part in range(PARTS):
            _ask_strangers(seen, everybody, part_of == part, random, found)
    return found


def _ask_strangers(
    seen: People,
    everybody: NDArray[np.int64],
    away: NDArray[np.bool_],
    random: np.random.Generator,
    found: dict[tuple[int, float], Answered],
) -> None:
    """Fit the model to all but those ``away``, and search these in galleries of the rest."""
    known = everybody[~away]
    ours = np.isin(seen.people, known)
    scores = fit_impostors(seen.embeddings[ours], seen.people[ours])
    strangers, of = seen.embeddings[~ours], np.searchsorted(everybody, seen.people[~ours])
    for size in SIZES:
        for _ in range(RISK_DRAWS):
            rows = seen.gallery(random.permutation(known)[:size], random)
            best = (strangers @ seen.embeddings[rows].T).max(axis=1)
            for threshold in THRESHOLDS:
                answered = found[size, threshold]
                np.add.at(answered.hits, of, best >= threshold)
                np.add.at(answered.searches, of, 1.0)
                answered.predicted.append(scores.fpir(threshold, GallerySize(size, size)))


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
    write("| people | threshold | measured FPIR, 95 % interval | predicted | ratio | inside |\n")
    write("|---|---|---|---|---|---|\n")
    for row in risk_rows(seen):
        write(row + "\n")
    write("\n| people | right MATCH | wrong MATCH | REVIEW | NO_MATCH | ")
    write("strangers: MATCH | strangers: REVIEW |\n|---|---|---|---|---|---|---|\n")
    for row in check_in_rows(seen, arguments.threshold):
        write(row + "\n")
    return 0


def _people(file: Path, same: Path | None) -> People:
    faces = read_faces(file)
    one: dict[str, str] = {}
    for line in same.read_text(encoding="utf-8").splitlines() if same else ():
        names = line.split("#")[0].split()
        one.update(dict.fromkeys(names, " ".join(names)))
    people = [Path(path).parent.name for path in faces.path.tolist()]
    numbers = np.unique([one.get(name, name) for name in people], return_inverse=True)[1]
    return People(faces.embedding, numbers.astype(np.int64))


if __name__ == "__main__":
    sys.exit(main())
