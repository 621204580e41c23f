"""Answers cut to what a reader looks at."""

from __future__ import annotations

import json
import re
from typing import Any

SHOWN_NUMBERS = 4
MANY_NUMBERS = 100
LONG_TEXT = 600
SHOWN_TEXT = 60
MORE = "..."
# What is another at every run: times, ids, tokens, measured figures.
_OF_A_RUN = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z|[\w=+/-]{30,}(\.\.\.)?|-?\d+(\.\d+)?(e-?\d+)?")


def shortened(value: Any) -> Any:
    """Return an answer whose lists of many numbers are cut: it still fits its schema."""
    if isinstance(value, dict):
        return {key: shortened(inner) for key, inner in value.items()}
    if isinstance(value, list):
        many = len(value) > MANY_NUMBERS
        return [shortened(inner) for inner in (value[:SHOWN_NUMBERS] if many else value)]
    return value


def shown(value: Any) -> Any:
    """Return an answer for a page: what is cut off many numbers or a long text is told by dots."""
    if isinstance(value, dict):
        return {key: shown(inner) for key, inner in value.items()}
    if isinstance(value, list):
        many = len(value) > MANY_NUMBERS
        cut = [shown(inner) for inner in (value[:SHOWN_NUMBERS] if many else value)]
        return [*cut, MORE] if many else cut
    if isinstance(value, str) and len(value) > LONG_TEXT:
        return value[:SHOWN_TEXT] + MORE
    return value


def steady(before: Any, now: Any) -> Any:
    """Return what was recorded before where only what is another at every run has changed."""
    return before if before is not None and _masked(before) == _masked(now) else now


def _masked(value: Any) -> list[str]:
    """Return the lines, sorted: maps come in any order, too."""
    text = json.dumps(value, indent=0).replace("\\n", "\n")
    return sorted(_OF_A_RUN.sub("#", line.strip(' ,"')) for line in text.splitlines())
