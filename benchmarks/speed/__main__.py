"""Measures everything and writes docs/performance.md: ``python -m benchmarks.speed``.

``--quick`` runs every part shortly and writes nothing: it fails when a benchmark is broken,
never because a machine is slow. The full run takes about 20 minutes; nothing else should run.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from benchmarks.speed import batches, checkin, fairness, models, streams, threads, wire
from benchmarks.speed.part import QUICK_PART, Part, publish
from benchmarks.speed.photos import ROOT, make_photos
from benchmarks.speed.plan import QUICK, Plan, measure
from benchmarks.speed.plots import draw
from benchmarks.speed.report import page
from facesvc.allocator import keep_freed_memory

# Each has a page and a command of its own.
PARTS = {
    "streams": streams.measure,
    "fairness": fairness.measure,
    "wire": wire.measure,
    "checkin": checkin.measure,
    "threads": threads.measure,
    "models": models.measure,
    "batches": batches.measure,
}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a short run that writes nothing")
    parser.add_argument("--no-parts", action="store_true", help="performance.md only")
    parser.add_argument("--rounds", type=int, default=Plan.rounds)
    parser.add_argument("--seconds", type=float, default=Plan.seconds, help="a measurement")
    parser.add_argument("--model-root", type=Path, default=ROOT / "models")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    options = parser.parse_args()
    keep_freed_memory(os.cpu_count() or 1)  # the clients share the cores: they should take little
    plan = QUICK if options.quick else Plan(seconds=options.seconds, rounds=options.rounds)
    photos = make_photos()
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {text}", file=sys.stderr, flush=True)

    results = measure(plan, photos, options.model_root, say)
    text = page(results, photos, plan)
    print(text)
    if not options.quick:
        draw(results, photos, options.docs / "performance")
        (options.docs / "performance.md").write_text(text, encoding="utf-8")
    for name, part in () if options.no_parts else PARTS.items():
        say(name)
        part_text = part(QUICK_PART if options.quick else Part())
        print(part_text)
        if not options.quick:
            publish(name, part_text, options.docs)


if __name__ == "__main__":
    main()
