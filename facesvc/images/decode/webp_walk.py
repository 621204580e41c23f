"""Walks a WebP from chunk to chunk (RFC 9649); of an animation, its first frame."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from facesvc.images.decode.exif import read_orientation
from facesvc.images.decode.structure import UPRIGHT, Container, Structure, damaged

_WEBP = Container.WEBP
_MAX_CHUNKS = 256  # a still image has at most VP8X, ICCP, ALPH, VP8, EXIF, XMP and unknown ones
_MAX_FRAMES = 8192
_ALPHA = 0x10
_START_CODE = b"\x9d\x01\x2a"
_LOSSLESS = 0x2F
_SIZE_MASK = 0x3FFF  # 14 bits
_FRAME_HEADER = 16  # of an ANMF chunk, before the chunks that it holds


@dataclass
class _Findings:
    canvas: tuple[int, int] | None = None
    size: tuple[int, int] | None = None
    payload: int = 0
    orientation: int = UPRIGHT
    has_alpha: bool = False
    first_frame: bytes = b""


def walk_webp(data: bytes) -> Structure:
    """Return the WebP's claims. Raises ImageUndecodableError."""
    found = _Findings()
    # The length in the header may be wrong: what has to be whole is the picture's own chunk.
    end = min(8 + int.from_bytes(data[4:8], "little"), len(data))
    for kind, start, length in _chunks(data, 12, end):
        if start + length > len(data):
            if found.size or found.first_frame:
                break  # cut short behind the picture
            raise damaged(_WEBP, "it is cut short")
        _note(found, kind, data[start : start + length], length)
    if found.first_frame:
        return _of_frame(found)
    if found.size is None or found.canvas not in (None, found.size):
        raise damaged(_WEBP, "it holds no picture of the size that it claims")
    still = None
    if 8 + int.from_bytes(data[4:8], "little") > len(data):
        still = data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:]
    return Structure(
        _WEBP,
        *found.size,
        found.payload,
        found.orientation,
        has_alpha=found.has_alpha,
        still=still,
    )


def _chunks(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Return type, start and length of each chunk."""
    for _ in range(_MAX_CHUNKS + _MAX_FRAMES):
        if start + 8 > end:
            return
        kind, length = struct.unpack_from("<4sI", data, start)
        yield kind, start + 8, length
        start += 8 + length + (length & 1)
    raise damaged(_WEBP, "it has too many chunks")


def _note(found: _Findings, kind: bytes, body: bytes, length: int) -> None:
    if kind == b"VP8X" and found.canvas is None and found.size is None:
        found.canvas, found.has_alpha = _read_extended(body)
    elif kind in (b"VP8 ", b"VP8L"):
        if found.size is not None:
            raise damaged(_WEBP, "it holds two pictures")
        found.payload = length
        found.size = _read_lossy(body[:10]) if kind == b"VP8 " else _read_lossless(body[:5])
        found.has_alpha = found.has_alpha or (kind == b"VP8L" and bool(body[4] & _ALPHA))
    elif kind == b"ANMF" and not found.first_frame:
        found.first_frame = body
    elif kind == b"EXIF":
        found.orientation = read_orientation(body)


def _of_frame(animation: _Findings) -> Structure:
    """Return the structure of the first frame, which becomes a file of its own."""
    frame, canvas = animation.first_frame, animation.canvas
    if len(frame) < _FRAME_HEADER or canvas is None:
        raise damaged(_WEBP, "its first frame has no header")
    inner = _Findings()
    kept = []
    for kind, start, length in _chunks(frame, _FRAME_HEADER, len(frame)):
        if start + length > len(frame):
            raise damaged(_WEBP, "it is cut short")
        if kind in (b"ALPH", b"VP8 ", b"VP8L"):
            _note(inner, kind, frame[start : start + length], length)
            kept.append(frame[start - 8 : start + length] + b"\0" * (length & 1))
    left, top = (2 * int.from_bytes(frame[at : at + 3], "little") for at in (0, 3))
    if inner.size is None or left + inner.size[0] > canvas[0] or top + inner.size[1] > canvas[1]:
        raise damaged(_WEBP, "its first frame does not fit in")
    width, height = ((side - 1).to_bytes(3, "little") for side in inner.size)
    extended = bytes([_ALPHA, 0, 0, 0]) + width + height
    body = b"WEBPVP8X\x0a\0\0\0" + extended + b"".join(kept)
    return Structure(
        _WEBP,
        *canvas,
        inner.payload,
        animation.orientation,
        has_alpha=True,
        still=b"RIFF" + len(body).to_bytes(4, "little") + body,
        place=(left, top),
    )


def _read_extended(body: bytes) -> tuple[tuple[int, int], bool]:
    if len(body) < 10:
        raise damaged(_WEBP, "its header is cut short")
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
