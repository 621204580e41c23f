"""From bytes whose structure is sound to BGR pixels, each kind of image in its cheapest way."""

from __future__ import annotations

import math
from typing import cast

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from facesvc.images.decode.structure import Container, Structure, damaged

Pixels = NDArray[np.uint8]

EIGHTHS = 8  # libjpeg-turbo scales by n/8 while it decodes
_CMYK = 4
_OPAQUE = 255


def decode_pixels(data: bytes, found: Structure, eighths: int = EIGHTHS) -> Pixels:
    """Return BGR pixels as stored, not turned upright, uint8 (height, width, 3).

    ``eighths`` is the scale of a JPEG; other containers are always decoded whole.
    Raises ImageUndecodableError.
    """
    try:
        if found.container is not Container.JPEG:
            return _decode_whole(data, found)
        if found.channels == _CMYK:
            return _from_cmyk(_decode_jpeg(data, found, eighths, "CMYK"), found.inverted)
        return _decode_jpeg(data, found, eighths, "BGR")
    except (ValueError, cv2.error) as error:
        raise damaged(found.container, "its pixels cannot be decoded") from error


def _decode_jpeg(data: bytes, found: Structure, eighths: int, colours: str) -> Pixels:
    # strict=False: libjpeg warns of harmless slips that phones make; what is fatal still raises.
    return cast(
        Pixels,
        simplejpeg.decode_jpeg(
            data,
            colours,
            min_width=math.ceil(found.width * eighths / EIGHTHS),
            min_height=math.ceil(found.height * eighths / EIGHTHS),
            min_factor=EIGHTHS / eighths,
            strict=False,
        ),
    )


def _from_cmyk(ink: Pixels, inverted: bool) -> Pixels:
    light = ink if inverted else 255 - ink
    black = light[..., 3]
    channels = [cv2.multiply(light[..., i], black, scale=1 / 255) for i in (2, 1, 0)]
    return cast(Pixels, cv2.merge(channels))


def _decode_whole(data: bytes, found: Structure) -> Pixels:
    mode = cv2.IMREAD_UNCHANGED if found.has_alpha else cv2.IMREAD_COLOR
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), mode | cv2.IMREAD_IGNORE_ORIENTATION)
    if decoded is None or decoded.shape[:2] != (found.height, found.width):
        raise damaged(found.container, "its pixels cannot be decoded")
    pixels = cast(Pixels, decoded)
    if not found.has_alpha:
        return pixels
    if decoded.dtype == np.uint16:
        pixels = cast(Pixels, cv2.convertScaleAbs(decoded, alpha=1 / 257))
    if pixels.ndim == 2 or pixels.shape[2] == 1:
        return cast(Pixels, cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR))
    return _over_white(pixels) if pixels.shape[2] == 4 else pixels


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
