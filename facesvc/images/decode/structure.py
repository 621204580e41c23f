"""What a walk through a container finds, and the errors it raises."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from facesvc.domain.errors import ImageUndecodableError, ImageUnsupportedError

if TYPE_CHECKING:
    from facesvc.images.decode.hevc import HevcPicture

UPRIGHT = 1  # EXIF's orientation of a picture that needs no turning


class Container(Enum):
    """The formats that are decoded."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WebP"
    AVIF = "AVIF"
    HEIC = "HEIC"
    GIF = "GIF"
    BMP = "BMP"
    TIFF = "TIFF"


@dataclass(frozen=True)
class Structure:
    """A container's claims, found without decoding a pixel.

    ``width`` and ``height`` are as stored, before ``orientation`` (EXIF, 1-8) turns them.
    ``payload_bytes`` is the compressed pixel data alone. ``inverted`` marks the CMYK of Adobe,
    where 0 is full ink. ``buffered_pixels`` are those that a decoder holds at full size even when
    it gives a reduced picture. ``still`` is what is decoded instead of the file: the first frame
    of an animation, whose left upper corner lies at ``place``, or the file with what it lacks at
    its end. ``crop`` is the part of the decoded picture that is shown: left, top, width, height.
    ``hevc`` is the picture of a HEIC.
    """

    container: Container
    width: int
    height: int
    payload_bytes: int
    orientation: int = UPRIGHT
    scans: int = 1
    channels: int = 3
    has_alpha: bool = False
    inverted: bool = False
    buffered_pixels: int = 0
    still: bytes | None = None
    place: tuple[int, int] | None = None
    crop: tuple[int, int, int, int] | None = None
    hevc: HevcPicture | None = None


def damaged(container: Container, message: str) -> ImageUndecodableError:
    """Return the error of bytes that break their own container's rules."""
    return ImageUndecodableError(
        f"The {container.value} is damaged: {message}.", format=container.value
    )


def unsupported(container: Container, message: str) -> ImageUnsupportedError:
    """Return the error of a sound image of a kind that is not decoded."""
    return ImageUnsupportedError(f"{message} is not supported.", format=container.value)
