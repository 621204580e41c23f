"""Walks a PNG from chunk to chunk (PNG specification, third edition, section 5).

Of an animation the picture is taken that viewers without animation show: as a rule its first
frame. An end chunk that is missing is put there; whether the rows are whole, the decoder says.
"""

from __future__ import annotations

import struct

from facesvc.images.decode.exif import read_orientation
from facesvc.images.decode.structure import UPRIGHT, Container, Structure, damaged

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_PNG = Container.PNG
_FRAME = 12  # length, type and checksum around a chunk's data
# 10 MiB in the 8 KiB chunks of libpng are 1,280; without a bound, near a million would fit.
_MAX_CHUNKS = 8192
# Text and colour profiles are inflated by decoders, which only the pixels need to be.
_MAX_ANCILLARY_BYTES = 4 * 1024 * 1024
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
_WITH_ALPHA = (4, 6)
_PALETTE = 3
_CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_ANIMATION = frozenset({b"acTL", b"fcTL", b"fdAT"})
_END = b"\0\0\0\0IEND\xaeB`\x82"


def walk_png(data: bytes) -> Structure:
    """Return the PNG's claims. Raises ImageUndecodableError."""
    width, height, colour = _read_header(data)
    start = position = len(SIGNATURE) + _FRAME + 13
    payload = ancillary = 0
    orientation, has_alpha, has_palette = UPRIGHT, colour in _WITH_ALPHA, False
    kept: list[bytes] = []  # stretches of the file without the animation's chunks
    ended = False
    for _ in range(_MAX_CHUNKS):
        if position + _FRAME > len(data):
            break
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + _FRAME + length
        if end > len(data):
            if payload and kind != b"IDAT":
                break  # cut short behind the picture
            raise damaged(_PNG, "a chunk is longer than the file")
        if kind == b"IEND":
            ended = True
            break
        if kind == b"IDAT":
            payload += length
        elif kind in _ANIMATION:
            kept.append(data[start:position])
            start = end
        elif kind == b"eXIf":
            orientation = read_orientation(data[position + 8 : end - 4])
        has_alpha = has_alpha or kind == b"tRNS"
        has_palette = has_palette or kind == b"PLTE"
        ancillary += 0 if kind in _CRITICAL or kind in _ANIMATION else length
        if kind == b"IHDR" or ancillary > _MAX_ANCILLARY_BYTES:
            raise damaged(_PNG, "it has a second header or too much beside the picture")
        position = end
    else:
        raise damaged(_PNG, "it has too many chunks")
    if not payload or (colour == _PALETTE and not has_palette):
        raise damaged(_PNG, "it holds no picture" if ended else "it is cut short")
    still = None
    if kept or not ended:
        still = b"".join((data[: len(SIGNATURE) + _FRAME + 13], *kept, data[start:position], _END))
    return Structure(
        _PNG,
        width,
        height,
        payload,
        orientation,
        channels=_CHANNELS[colour],
        has_alpha=has_alpha,
        still=still,
    )


def _read_header(data: bytes) -> tuple[int, int, int]:
    if len(data) < len(SIGNATURE) + _FRAME + 13:
        raise damaged(_PNG, "it is cut short")
    length, kind, width, height, depth, colour, compression, filtering, interlace = (
        struct.unpack_from(">I4sIIBBBBB", data, len(SIGNATURE))
    )
    if (length, kind) != (13, b"IHDR"):
        raise damaged(_PNG, "it does not start with its header")
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise damaged(_PNG, "its header describes no PNG")
    return width, height, colour
