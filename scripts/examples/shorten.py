"""Answers cut to what a reader looks at."""

from __future__ import annotations

from typing import Any

SHOWN_NUMBERS = 4
MANY_NUMBERS = 100
LONG_TEXT = 600
SHOWN_TEXT = 60
MORE = "..."


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
