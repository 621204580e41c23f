"""Sending again what endpoints did not take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.domain.event_cursor import EventsOffError


@dataclass(frozen=True)
class ReplayDeadLetters:
    """Answers ReplayDeadLetters."""

    gallery: GalleryReader

    def __call__(self, endpoint: str, letter_ids: Sequence[str]) -> int:
        """Have these letters sent again, or with none all of them; return how many. Raises
        EventsOffError, StoreUnavailableError.
        """
        if self.gallery.events is None:
            raise EventsOffError
        return self.gallery.events.deliveries.replay(endpoint, letter_ids)
