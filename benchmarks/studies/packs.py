"""What the built-in packs answer, images a second, in turns in one process.

Each turn has four clients who call one after another, as many computing as there are cores; what is
computed is one Embed, from the file's bytes to the embedding. Read the ratios: every turn of a pack
stands between turns of the others.

    python -m benchmarks.studies.packs [--turns N] [--seconds S]
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from benchmarks.speed.bare import BarePipeline
from facesvc.engine.config import Precision

PACKS = ("compact-single", "open", "compact")
CLIENTS = 4
ROOT = Path(__file__).resolve().parents[2]
PHOTOS = ("barack_obama/1.jpg", "joe_biden/1.jpg", "emmanuel_macron/1.jpg", "group.jpg")


def main() -> None:
    """Print a table: a row a photo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0)
    arguments = parser.parse_args()
    pipelines = {
        name: BarePipeline.open(ROOT / "models", Precision.INT8, pack_name=name) for name in PACKS
    }
    print(f"| photo | {' | '.join(PACKS)} | {PACKS[1]} / {PACKS[0]}, each turn |")
    print("|---|---|---|---|---|")
    for photo in PHOTOS:
        data = (ROOT / "data" / "samples" / photo).read_bytes()
        rates: dict[str, list[float]] = {name: [] for name in PACKS}
        for _ in range(arguments.turns):
            for name, pipeline in pipelines.items():
                times, seconds = pipeline.run(data, CLIENTS, arguments.seconds)
                rates[name].append(len(times) / seconds)
        medians = " | ".join(f"{statistics.median(rates[name]):.1f}" for name in PACKS)
        each = zip(rates[PACKS[1]], rates[PACKS[0]], strict=True)
        ratios = sorted(new / old for new, old in each)
        middle = statistics.median(ratios)
        print(
            f"| {photo} | {medians} | {middle:.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f}) |", flush=True
        )


if __name__ == "__main__":
    main()
