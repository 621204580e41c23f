"""Keeps the figures that the fault tests print, for docs/reliability.md (see report.py)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "build" / "figures"


def record(promise: str, figure: str) -> None:
    """Print a promise's figure and keep it; ``promise`` is its key in promises.py."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{promise}.json").write_text(json.dumps(figure))
    sys.stdout.write(f"{promise}: {figure}\n")


def report(test: str, **figures: object) -> None:
    """Record a test's figures as "name value" pairs."""
    pairs = (f"{name.replace('_', ' ')} {value}" for name, value in figures.items())
    record(test, ", ".join(pairs))
