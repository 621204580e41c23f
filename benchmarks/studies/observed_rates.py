"""The rates of docs/recognizers.md for the embeddings that a calibration kept: of a whole pack, as
it serves.

    python -m benchmarks.studies.observed_rates WORK
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.studies.rates import measure
from facesvc.evaluation.calibration.kept_faces import read_faces


def main() -> None:
    """Print the row of each folder of observations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path, nargs="+")
    print("| | faces | TAR at FMR 1e-4 | 1e-5 | FNIR at FPIR 0.01 | strangers answered at 0.45 |")
    print("|---|---|---|---|---|---|")
    for work in parser.parse_args().work:
        faces = read_faces(work / "clean.npz")
        people = np.array([Path(path).parent.name for path in faces.path.tolist()])
        rates = measure(faces.embedding, people)
        (high, _), (low, _) = rates.tar.values()
        print(
            f"| {work.name} | {len(faces)} | {high:.4f} | {low:.4f} | {rates.fnir:.2%} "
            f"| {rates.answered:.2%} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
