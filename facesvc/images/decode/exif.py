"""The one thing that is read from EXIF: which way is up."""

from __future__ import annotations

import struct

from facesvc.images.decode.structure import UPRIGHT

_ORIENTATION_TAG = 0x0112
_SHORT = 3
_ENTRY_BYTES = 12
_PREFIX = b"Exif\0\0"  # before the TIFF block in JPEG, and by some writers in WebP and PNG


def read_orientation(exif: bytes) -> int:
    """Return the orientation 1-8; 1 when it is absent or the block is damaged, as viewers do."""
    tiff = exif.removeprefix(_PREFIX)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return UPRIGHT
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, directory)
        for index in range(count):
            entry = directory + 2 + index * _ENTRY_BYTES
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
            if tag == _ORIENTATION_TAG:
                return value if kind == _SHORT and 1 <= value <= 8 else UPRIGHT
    except struct.error:
        pass
    return UPRIGHT
