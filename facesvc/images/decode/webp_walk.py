"""Walks a WebP from chunk to chunk (RFC 9649)."""

from __future__ import annotations

import struct

from facesvc.images.decode.exif import read_orientation
from facesvc.images.decode.structure import (
    UPRIGHT,
    Container,
    Structure,
    damaged,
    unsupported,
)

_WEBP = Container.WEBP
_MAX_CHUNKS = 256  # a still image has at most VP8X, ICCP, ALPH, VP8, EXIF, XMP and unknown ones
_ANIMATION = 0x02
_ALPHA = 0x10
_START_CODE = b"\x9d\x01\x2a"
_LOSSLESS = 0x2F
_SIZE_MASK = 0x3FFF  # 14 bits


def walk_webp(data: bytes) -> Structure:
    """Return the WebP's claims. Raises ImageUndecodableError, ImageUnsupportedError."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise damaged(_WEBP, "it is cut short")
    position, payload = 12, 0
    canvas: tuple[int, int] | None = None
    size: tuple[int, int] | None = None
    orientation, has_alpha = UPRIGHT, False
    for _ in range(_MAX_CHUNKS):
        if position + 8 > end:
            break
        kind, length = struct.unpack_from("<4sI", data, position)
        start, position = position + 8, position + 8 + length + (length & 1)
        if start + length > end:
            raise damaged(_WEBP, "a chunk is longer than the file")
        body = data[start : min(start + length, start + 10)]
        if kind == b"VP8X" and canvas is None and size is None:
            canvas, has_alpha = _read_extended(body)
        elif kind in (b"VP8 ", b"VP8L"):
            if size is not None:
                raise damaged(_WEBP, "it holds two pictures")
            payload = length
            size = _read_lossy(body) if kind == b"VP8 " else _read_lossless(body)
            has_alpha = has_alpha or (kind == b"VP8L" and bool(body[4] & _ALPHA))
        elif kind in (b"ANIM", b"ANMF"):
            raise unsupported(_WEBP, "An animated WebP")
        elif kind == b"EXIF":
            orientation = read_orientation(data[start : start + length])
    else:
        raise damaged(_WEBP, "it has too many chunks")
    if size is None or canvas not in (None, size):
        raise damaged(_WEBP, "it holds no picture of the size that it claims")
    return Structure(_WEBP, *size, payload, orientation, has_alpha=has_alpha)


def _read_extended(body: bytes) -> tuple[tuple[int, int], bool]:
    if len(body) < 10:
        raise damaged(_WEBP, "its header is cut short")
    if body[0] & _ANIMATION:
        raise unsupported(_WEBP, "An animated WebP")
    width = int.from_bytes(body[4:7], "little") + 1
    height = int.from_bytes(body[7:10], "little") + 1
    return (width, height), bool(body[0] & _ALPHA)


def _read_lossy(body: bytes) -> tuple[int, int]:
    if len(body) < 10 or body[3:6] != _START_CODE:
        raise damaged(_WEBP, "its picture has no header")
    width, height = struct.unpack_from("<HH", body, 6)
    return width & _SIZE_MASK, height & _SIZE_MASK


def _read_lossless(body: bytes) -> tuple[int, int]:
    if len(body) < 5 or body[0] != _LOSSLESS:
        raise damaged(_WEBP, "its picture has no header")
    bits = int.from_bytes(body[1:5], "little")
    return (bits & _SIZE_MASK) + 1, (bits >> 14 & _SIZE_MASK) + 1
