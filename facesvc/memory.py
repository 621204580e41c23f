"""Keeping the process's memory flat: glibc's malloc, told for a server of many threads."""

from __future__ import annotations

import ctypes
import sys

_M_ARENA_MAX = -8  # glibc's malloc.h

# By default glibc opens up to eight arenas a core, and each keeps the largest photo that one of
# its threads decoded. After 16 callers with photos up to 12 MP the server holds 450-555 MiB so,
# 362-422 MiB with two arenas, at the same pace. A lower M_MMAP_THRESHOLD would save 50 MiB more
# for 8 % of the pace: the kernel has to clear the pages of every photo anew.
ARENAS = 2


def keep_flat() -> bool:
    """Limit malloc's arenas; call it before the first thread starts. Return False when the C
    library is another than glibc, which then keeps its own ways.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_M_ARENA_MAX, ARENAS) == 1
