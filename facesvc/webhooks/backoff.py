"""How long to wait before an event is sent again."""

from __future__ import annotations

import random

FIRST_S = 1.0
LONGEST_S = 300.0
LONGEST_ASKED_S = 3600.0  # of what a Retry-After may ask


def wait_before(attempt: int, asked_s: float | None = None, chance: float | None = None) -> float:
    """Return the seconds before attempt number 2, 3, ...: twice as long each time, from half of it
    to the whole by chance, so that endpoints are not hit by all at once; and no less than was
    asked for. ``chance`` is from 0 to 1.
    """
    whole = min(LONGEST_S, FIRST_S * 2.0 ** (attempt - 2))
    drawn = random.random() if chance is None else chance  # noqa: S311 - no secret
    return max(whole * (0.5 + 0.5 * drawn), min(asked_s or 0.0, LONGEST_ASKED_S))
