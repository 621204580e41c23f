"""A part of the measurements that has a page and a command of its own."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed.photos import ROOT


@dataclass(frozen=True)
class Part:
    """How long to measure: ``rounds`` of ``seconds``. ``items`` scales what is counted."""

    rounds: int = 3
    seconds: float = 3.0
    items: int = 2000


QUICK_PART = Part(rounds=1, seconds=0.3, items=8)


def run_part(
    name: str, about: str | None, measure: Callable[[Part], str], arguments: list[str] | None
) -> None:
    """Measure, print, and write docs/performance/NAME.md unless it is a quick run."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="a short run that writes nothing")
    parser.add_argument("--rounds", type=int, default=Part.rounds)
    parser.add_argument("--seconds", type=float, default=Part.seconds, help="a measurement")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs")
    options = parser.parse_args(arguments)
    part = QUICK_PART if options.quick else Part(options.rounds, options.seconds)
    text = measure(part)
    print(text)
    if not options.quick:
        publish(name, text, options.docs)


def publish(name: str, text: str, docs: Path) -> None:
    """Write a part's page."""
    (docs / "performance").mkdir(parents=True, exist_ok=True)
    (docs / "performance" / f"{name}.md").write_text(text, encoding="utf-8")
