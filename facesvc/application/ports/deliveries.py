"""Sending events to endpoints: what is kept of it, and what sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from facesvc.application.call import Call
from facesvc.domain.deliveries import DeadLetter, LetterPage


class DeliveryBook(Protocol):
    """Where each endpoint stands and what it did not take, durably; shared by every process of the
    gallery. Every method raises StoreUnavailableError.
    """

    def hold(self, endpoint: str, holder: str, seconds: float) -> bool:
        """Become or stay the one who sends to the endpoint, for so long; False while another is."""
        ...

    def let_go(self, endpoint: str, holder: str) -> None:
        """Let another one send."""
        ...

    def cursor(self, endpoint: str) -> str:
        """Return where the endpoint stands, "" before its first event."""
        ...

    def save_cursor(self, endpoint: str, cursor: str) -> None:
        """Note where the endpoint stands."""
        ...

    def bury(self, letter: DeadLetter) -> None:
        """Keep a letter, in the place of the one with its id. The oldest go when there are too
        many.
        """
        ...

    def remove(self, letter_id: str) -> None:
        """Forget a letter."""
        ...

    def letters(self, endpoint: str, most: int, page_token: str) -> LetterPage:
        """Return letters of an endpoint, of all for "". Raises PageTokenError."""
        ...

    def replay(self, endpoint: str, letter_ids: Sequence[str]) -> int:
        """Have letters sent again: these, or with none every one of the endpoint, or of all for
        "". Return how many.
        """
        ...

    def due(self, endpoint: str, most: int) -> list[DeadLetter]:
        """Return letters that wait to be sent again, the oldest first."""
        ...

    def forget_before(self, moment: datetime) -> None:
        """Forget letters that failed before."""
        ...

    def count(self) -> int:
        """Return how many letters there are."""
        ...


class PostError(Exception):
    """No answer came. The text says why, and nothing of the URL."""


@dataclass(frozen=True)
class Posted:
    """What an endpoint answered; ``retry_after_s`` is None where it said nothing."""

    status: int
    retry_after_s: float | None = None

    @property
    def taken(self) -> bool:
        """True when the endpoint has the event."""
        return 200 <= self.status < 300


class Poster(Protocol):
    """Sends to the web, under the rules of what may be reached."""

    def check(self, url: str) -> None:
        """Raise ImageUrlRefusedError for a URL that is refused whatever its host leads to."""
        ...

    def post(self, url: str, headers: Mapping[str, str], body: bytes, call: Call) -> Posted:
        """Send one request, and follow no redirect. Raises PostError, CallEndedError."""
        ...
