"""What a check of a gallery can find, and what would mend it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import Enum

# Photos of one person taken on different days seldom exceed this; copies of one photo always do.
SAME_PHOTO_SIMILARITY = 0.95
# A sample that matches this many other people carries nobody's identity.
CROWD_USERS = 3
# Below this quality score one photo is not enough to be found by.
POOR_QUALITY = 0.5


class FindingKind(Enum):
    """What is wrong, most urgent first."""

    UNRECOGNIZABLE_SAMPLE = "unrecognizable_sample"
    """A sample that matches CROWD_USERS or more other people."""
    MISFILED_SAMPLE = "misfiled_sample"
    """A sample that matches another user and no other sample of its own."""
    DUPLICATE_USER = "duplicate_user"
    """Two users with the same photo, or who match and bear the same name."""
    LOOK_ALIKE = "look_alike"
    """Two users who match each other at the threshold."""
    POOR_ONLY_SAMPLE = "poor_only_sample"
    """A user whose only sample has a poor quality score."""
    UNICODE_VARIANT = "unicode_variant"
    """Two user_ids or names that differ in Unicode form, case or blanks only."""


@dataclass(frozen=True)
class Finding:
    """One finding. ``other_user_id`` and the sample ids are "" where there is none; ``measured``
    is a cosine or a quality score, ``limit`` what it was held against; 0 where nothing was.
    """

    kind: FindingKind
    user_id: str
    sample_id: str = ""
    other_user_id: str = ""
    other_sample_id: str = ""
    measured: float = 0.0
    limit: float = 0.0


def comparable_text(text: str) -> str:
    """Return what is left of a name once Unicode form, case and blanks do not count."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
