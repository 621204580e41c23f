"""Looking at what endpoints did not take."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.domain.deliveries import LetterPage
from facesvc.domain.event_cursor import EventsOffError


@dataclass(frozen=True)
class ListDeadLetters:
    """Answers ListDeadLetters."""

    gallery: GalleryReader

    def __call__(self, endpoint: str, most: int, page_token: str) -> LetterPage:
        """Return a page. Raises EventsOffError, PageTokenError, StoreUnavailableError."""
        if self.gallery.events is None:
            raise EventsOffError
        return self.gallery.events.deliveries.letters(endpoint, most, page_token)
