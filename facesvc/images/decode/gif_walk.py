"""Walks a GIF up to its first picture (GIF89a specification, sections 17 to 26)."""

from __future__ import annotations

import struct

from facesvc.images.decode.structure import Container, Structure, damaged

_GIF = Container.GIF
_EXTENSION, _PICTURE, _CONTROL = 0x21, 0x2C, 0xF9
_MAX_BLOCKS = 4096  # before the first picture
_TABLE, _TABLE_SIZE = 0x80, 7
_TRAILER = b";"


def walk_gif(data: bytes) -> Structure:
    """Return the claims of the first frame. Raises ImageUndecodableError."""
    try:
        width, height, flags = struct.unpack_from("<HHB", data, 6)
        position = 13 + _table_bytes(flags)
        has_alpha = False
        for _ in range(_MAX_BLOCKS):
            kind = data[position]
            if kind == _PICTURE:
                return _read_picture(data, position, (width, height), has_alpha)
            if kind != _EXTENSION:
                raise damaged(_GIF, "it holds no picture")
            has_alpha = has_alpha or (
                data[position + 1] == _CONTROL and bool(data[position + 3] & 1)
            )
            position = _skip_blocks(data, position + 2)
    except (struct.error, IndexError):
        raise damaged(_GIF, "it is cut short") from None
    raise damaged(_GIF, "it has too many blocks")


def _read_picture(data: bytes, start: int, canvas: tuple[int, int], has_alpha: bool) -> Structure:
    left, top, width, height, flags = struct.unpack_from("<HHHHB", data, start + 1)
    if not width or not height:
        raise damaged(_GIF, "it has no size")
    # Some writers leave the canvas at nothing or make it smaller than the frame, as browsers know.
    canvas = (max(canvas[0], left + width), max(canvas[1], top + height))
    position = start + 10 + _table_bytes(flags)
    end = _skip_blocks(data, position + 1)
    # A file of the frame alone: what it leaves bare of the canvas is white, as on a page.
    still = b"".join(
        (
            *(data[:6], struct.pack("<HH", width, height), data[10 : start + 1], bytes(4)),
            *(data[start + 5 : end], _TRAILER),
        )
    )
    return Structure(
        _GIF, *canvas, end - position, has_alpha=has_alpha, still=still, place=(left, top)
    )


def _table_bytes(flags: int) -> int:
    return 3 << (flags & _TABLE_SIZE) + 1 if flags & _TABLE else 0


def _skip_blocks(data: bytes, position: int) -> int:
    """Return where the sub-blocks end; their number is bounded by the file's length."""
    while data[position]:
        position += data[position] + 1
    return position + 1
