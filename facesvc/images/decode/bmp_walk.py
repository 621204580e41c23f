"""Reads a BMP's headers (Windows GDI, BITMAPCOREHEADER to BITMAPV5HEADER)."""

from __future__ import annotations

import struct

from facesvc.images.decode.structure import Container, Structure, damaged, unsupported

_BMP = Container.BMP
_CORE = 12
BMP_HEADERS = (_CORE, 40, 52, 56, 64, 108, 124)
_DEPTHS = (1, 4, 8, 16, 24, 32)
_PLAIN, _RLE8, _RLE4, _MASKS, _ALPHA_MASKS = 0, 1, 2, 3, 6
_INSIDE = {4: "JPEG", 5: "PNG"}


def walk_bmp(data: bytes) -> Structure:
    """Return the BMP's claims. Raises ImageUndecodableError, ImageUnsupportedError."""
    try:
        start, header = struct.unpack_from("<II", data, 10)
        if header == _CORE:
            width, height, _, depth = struct.unpack_from("<HHHH", data, 18)
            compression = _PLAIN
        elif header in BMP_HEADERS:
            width, height, _, depth, compression = struct.unpack_from("<iiHHI", data, 18)
        else:
            raise damaged(_BMP, "its header is none that is known")
    except struct.error:
        raise damaged(_BMP, "it is cut short") from None
    height = abs(height)  # negative: the first row is the upper one
    if compression in _INSIDE:
        raise unsupported(_BMP, f"A BMP that wraps a {_INSIDE[compression]}")
    if width < 0 or depth not in _DEPTHS:
        raise damaged(_BMP, "its header describes no picture")
    if compression not in (_PLAIN, _RLE8, _RLE4, _MASKS, _ALPHA_MASKS):
        raise damaged(_BMP, "its compression is none that exists")
    payload = len(data) - start
    rows = (width * depth + 31) // 32 * 4 * height
    if payload < 0 or (compression not in (_RLE8, _RLE4) and payload < rows):
        raise damaged(_BMP, "it is cut short")
    return Structure(_BMP, width, height, payload, has_alpha=depth == 32)
