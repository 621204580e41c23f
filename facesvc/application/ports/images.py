"""Images: where their bytes come from, and how bytes become pixels."""

from __future__ import annotations

from typing import Protocol

from facesvc.application.call import Call
from facesvc.domain.photo import Photo


class ImageSource(Protocol):
    """Fetches what a caller named."""

    def fetch(self, url: str, call: Call) -> bytes:
        """Return the body. Raises ImageUrlRefusedError, ImageFetchFailedError,
        ImageTooLargeError, CallEndedError.
        """
        ...


class ImageDecoder(Protocol):
    """Turns bytes that a stranger made into pixels."""

    def decode(self, data: bytes) -> Photo:
        """Return the photo. Raises ImageTooLargeError, ImageUnsupportedError,
        ImageUndecodableError.
        """
        ...
