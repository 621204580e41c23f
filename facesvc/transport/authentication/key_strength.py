"""Keys that somebody chose, and somebody else can guess."""

from __future__ import annotations

_LEAST_LENGTH = 32  # hexadecimal digits: 128 bits
_LEAST_DIFFERENT = 8  # of 32 random digits fewer differ once in 28 million


def is_guessable(key: str) -> bool:
    """Tell keys that are too short, or too uniform, to be random; words look random to this."""
    return len(key) < _LEAST_LENGTH or len(set(key)) < _LEAST_DIFFERENT
