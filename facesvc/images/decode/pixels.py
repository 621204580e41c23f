"""From bytes whose structure is sound to BGR pixels, each kind of image in its cheapest way."""

from __future__ import annotations

import math
import re
from typing import cast

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from facesvc.images.decode.bmp_pixels import decode_masked
from facesvc.images.decode.hevc import decode_hevc
from facesvc.images.decode.still_pixels import decode_still
from facesvc.images.decode.structure import Container, Structure, damaged

Pixels = NDArray[np.uint8]

EIGHTHS = 8  # libjpeg-turbo scales by n/8 while it decodes
_CMYK = 4
_OPAQUE = 255
# Warnings of libjpeg after which every row is there all the same: slips that phones make. All
# others ("premature end of data segment", "bad Huffman code", ...) mean rows that are not.
_HARMLESS = re.compile(
    "extraneous bytes|Adobe color transform|JFIF|ICC marker|SOS parameters|progression"
)


def decode_pixels(data: bytes, found: Structure, eighths: int = EIGHTHS) -> Pixels:
    """Return BGR pixels as stored, not turned upright, uint8 (height, width, 3).

    ``eighths`` is the scale of a JPEG; other containers are always decoded whole.
    Raises ImageUndecodableError, ImageUnsupportedError.
    """
    try:
        if found.container is Container.JPEG:
            return _from_jpeg(data, found, eighths)
        return _place(_decode_whole(data, found), found)
    except (ValueError, cv2.error) as error:
        raise damaged(found.container, "its pixels cannot be decoded") from error


def _from_jpeg(data: bytes, found: Structure, eighths: int) -> Pixels:
    colours = "CMYK" if found.channels == _CMYK else "BGR"
    try:
        pixels = _decode_jpeg(data, found, eighths, colours, strict=True)
    except ValueError as error:
        if not _HARMLESS.search(str(error)):
            raise
        pixels = _decode_jpeg(data, found, eighths, colours, strict=False)
    return _from_cmyk(pixels, found.inverted) if found.channels == _CMYK else pixels


def _decode_jpeg(
    data: bytes, found: Structure, eighths: int, colours: str, *, strict: bool
) -> Pixels:
    """``strict`` raises ValueError with libjpeg's warning where it has one."""
    return cast(
        Pixels,
        simplejpeg.decode_jpeg(
            data,
            colours,
            min_width=math.ceil(found.width * eighths / EIGHTHS),
            min_height=math.ceil(found.height * eighths / EIGHTHS),
            min_factor=EIGHTHS / eighths,
            strict=strict,
        ),
    )


def _from_cmyk(ink: Pixels, inverted: bool) -> Pixels:
    light = ink if inverted else 255 - ink
    black = light[..., 3]
    channels = [cv2.multiply(light[..., i], black, scale=1 / 255) for i in (2, 1, 0)]
    return cast(Pixels, cv2.merge(channels))


def _decode_whole(data: bytes, found: Structure) -> Pixels:
    """Return the still's pixels, BGR; those with transparency lie over white."""
    if found.container not in (Container.PNG, Container.WEBP):
        pixels = _decode_rare(data, found)
        return _over_white(pixels) if pixels.shape[2] == 4 else pixels
    mode = cv2.IMREAD_UNCHANGED if found.has_alpha else cv2.IMREAD_COLOR
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), mode | cv2.IMREAD_IGNORE_ORIENTATION)
    if decoded is None:
        raise damaged(found.container, "its pixels cannot be decoded")
    pixels = cast(Pixels, decoded)
    if not found.has_alpha:
        return pixels
    if decoded.dtype == np.uint16:
        pixels = cast(Pixels, cv2.convertScaleAbs(decoded, alpha=1 / 257))
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return cast(Pixels, cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR))
    return _over_white(pixels) if pixels.shape[2] == 4 else pixels


def _decode_rare(data: bytes, found: Structure) -> Pixels:
    if found.hevc is not None:
        return decode_hevc(found.hevc)
    masked = decode_masked(data) if found.container is Container.BMP else None
    return decode_still(data, found) if masked is None else masked


def _place(pixels: Pixels, found: Structure) -> Pixels:
    """Return the picture as it is shown: a frame lies on white, padding is cut off."""
    height, width = pixels.shape[:2]
    if found.hevc is not None and height >= found.height and width >= found.width:
        pixels = pixels[: found.height, : found.width]
    elif found.place is not None:
        left, top = found.place
        canvas = np.full((found.height, found.width, 3), _OPAQUE, np.uint8)
        canvas[top : top + height, left : left + width] = pixels
        pixels = canvas
    if pixels.shape[:2] != (found.height, found.width):
        raise damaged(found.container, "its pixels are not of the size that it claims")
    if found.crop is not None:
        left, top, width, height = found.crop
        pixels = pixels[top : top + height, left : left + width]
    return np.ascontiguousarray(pixels)


def _over_white(bgra: Pixels) -> Pixels:
    """Lay a picture with transparency over white, as viewers show it: what nobody can see is not
    what the person looks like.
    """
    colours, alpha = np.ascontiguousarray(bgra[..., :3]), bgra[..., 3]
    if alpha.min() == _OPAQUE:
        return colours
    weight = cv2.merge([alpha] * 3)
    return cast(
        Pixels, cv2.add(cv2.multiply(colours, weight, scale=1 / 255), cv2.bitwise_not(weight))
    )
