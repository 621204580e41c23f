"""Pixels of BMPs whose channels lie under masks of their own, which Pillow knows only few of."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

_MASKED = (3, 6)
_FILE_HEADER = 14
_V2_HEADER = 52  # from here on the masks are part of the header
_MASKS_AT = _FILE_HEADER + 40


def decode_masked(data: bytes) -> NDArray[np.uint8] | None:
    """Return BGR or BGRA pixels of a checked BMP with bit masks, None for one without.

    Raises ValueError.
    """
    (start,) = struct.unpack_from("<I", data, 10)
    header, width, height, _, depth, compression = struct.unpack_from("<IiiHHI", data, _FILE_HEADER)
    if header < 40 or compression not in _MASKED or depth not in (16, 32):
        return None
    has_alpha_mask = compression == _MASKED[1] or header > _V2_HEADER
    masks = struct.unpack_from("<IIII" if has_alpha_mask else "<III", data, _MASKS_AT)
    row = (width * depth + 31) // 32 * 4
    rows = np.frombuffer(data, np.uint8, row * abs(height), start).reshape(abs(height), row)
    words = rows[:, : width * depth // 8].view("<u2" if depth == 16 else "<u4")
    red, green, blue, *alpha = masks
    shown = [blue, green, red, *filter(None, alpha)]
    pixels = np.dstack([_channel(words, mask) for mask in shown])
    return pixels if height < 0 else pixels[::-1]


def _channel(words: NDArray[np.unsignedinteger], mask: int) -> NDArray[np.uint8]:
    """Return one channel, its own few or many bits stretched to 8."""
    if mask == 0:
        return np.zeros(words.shape, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    most = mask >> shift
    if most & (most + 1):
        raise ValueError("a mask with gaps")
    values = (words & words.dtype.type(mask)) >> words.dtype.type(shift)
    stretched: NDArray[np.uint8] = (values * (255 / most) + 0.5).astype(np.uint8)
    return stretched
