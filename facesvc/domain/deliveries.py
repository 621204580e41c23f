"""Events that are sent to an endpoint, and those that could not be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from facesvc.domain.events import Event


@dataclass(frozen=True)
class DeadLetter:
    """An event that an endpoint did not take. ``letter_id`` is its number in the book, "" before
    it has one; ``replays``: whether it waits to be sent again.
    """

    endpoint: str
    event: Event
    attempts: int
    error: str
    failed_at: datetime
    replays: bool = False
    letter_id: str = ""


@dataclass(frozen=True)
class LetterPage:
    """Dead letters, the oldest first; ``next_page_token`` is "" on the last page."""

    letters: list[DeadLetter]
    total: int
    next_page_token: str
