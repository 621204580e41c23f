"""Getting the bytes of the images that a request names or carries."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, replace

from facesvc.application.call import Call
from facesvc.application.ports.images import ImageSource
from facesvc.domain.encoded_image import decode_data_uri, is_data_uri
from facesvc.domain.errors import CallEndedError, FaceError, ImageTooLargeError, MissingImageError
from facesvc.domain.face_selection import ANY_FACE, FaceSelection


@dataclass(frozen=True)
class ImageInput:
    """One image of a request: a URL or bytes, the request fields that carry them, and which of
    its faces is meant. Once it is fetched it has both. ``is_aligned`` says that it shows one face
    that was aligned elsewhere.
    """

    url: str | None = None
    data: bytes | None = None
    url_field: str = "image_url"
    data_field: str = "image"
    selection: FaceSelection = ANY_FACE
    is_aligned: bool = False

    @property
    def field(self) -> str:
        """The request field at fault when this image is bad."""
        return self.url_field if self.url is not None else self.data_field

    @property
    def needs_fetch(self) -> bool:
        """True while its bytes are elsewhere."""
        return bool(self.url) and self.data is None and not is_data_uri(self.url or "")


@dataclass(frozen=True)
class ImageLoader:
    """Fetches what is named, takes what is given; both under the same limit of bytes."""

    source: ImageSource
    max_bytes: int
    fetches: Executor

    def load(self, image: ImageInput, call: Call) -> bytes:
        """Return the image's bytes. Raises MissingImageError, ImageTooLargeError and what the
        source raises, each naming the request field.
        """
        with blame(image):
            _require(image)
            if image.url and image.needs_fetch:
                return self.source.fetch(image.url, call)
            if image.url and image.data is None:
                data = decode_data_uri(image.url, image.url_field)
            else:
                data = image.data or b""
            if len(data) > self.max_bytes:
                raise ImageTooLargeError(
                    f"The image has more than {self.max_bytes} bytes.",
                    bytes=len(data),
                    limit_bytes=self.max_bytes,
                )
            return data

    def fetched(self, image: ImageInput, call: Call) -> ImageInput:
        """Return the image with its bytes, so that loading it waits for nothing. Raises as
        ``load`` does.
        """
        return replace(image, data=self.load(image, call))

    def load_pair(self, first: ImageInput, second: ImageInput, call: Call) -> tuple[bytes, bytes]:
        """Return both images' bytes, fetched at the same time when both are URLs."""
        for image in (first, second):  # before anything is fetched for a call that must fail
            with blame(image):
                _require(image)
        if not (first.url and second.url):
            return self.load(first, call), self.load(second, call)
        other = self.fetches.submit(self.load, second, call)
        undo = call.on_end(lambda: _cancel(other))
        try:
            return self.load(first, call), other.result(_or_forever(call.remaining_s()))
        except (CancelledError, TimeoutError):
            raise CallEndedError from None
        finally:
            undo()
            other.cancel()


def _cancel(fetch: Future[bytes]) -> None:
    fetch.cancel()  # only a fetch that waits for a thread; one that runs ends with the call


def _require(image: ImageInput) -> None:
    if not image.url and not image.data:
        raise MissingImageError(f"Give exactly one of {image.url_field} and {image.data_field}.")


def _or_forever(seconds: float) -> float | None:
    return None if seconds == float("inf") else seconds


@contextmanager
def blame(image: ImageInput) -> Iterator[None]:
    """Name the image's request field in any error that names none."""
    try:
        yield
    except FaceError as error:
        error.field = error.field or image.field
        raise
