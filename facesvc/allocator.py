"""Settings of the C library's allocator for a process that handles photos.

By default glibc gives the memory of a freed photo back to the system, so that the next message,
photo and canvas are page faults again: 1,500 for one message of 2.9 MB, which took 6.3 ms of CPU
instead of 2.3 in a virtual machine (benchmarks/studies/allocator.py). Only glibc has these
settings. By default it also opens up to eight heaps a core, and each keeps the largest photo of
its threads.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

# mallopt(3)
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
# What a heap keeps at its end: three copies of a large message, on its way from the socket to the
# decoder, and the pixels of a 12 MP JPEG at half scale: with 16 MiB each call with such a photo
# still took 750 page faults. Larger pieces than LARGEST_BYTES, which are
# rare, are the system's again at once.
KEPT_BYTES = 20 * 1024 * 1024
LARGEST_BYTES = 32 * 1024 * 1024


def keep_freed_memory(arenas: int) -> bool:
    """Let at most ``arenas`` heaps keep what was freed. Before threads start; settings of the
    user's own (MALLOC_..., GLIBC_TUNABLES) win. Return whether it was done.
    """
    if any(name.startswith("MALLOC_") or name == "GLIBC_TUNABLES" for name in os.environ):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    options = (
        (_MMAP_THRESHOLD, LARGEST_BYTES),
        (_TRIM_THRESHOLD, KEPT_BYTES),
        (_ARENA_MAX, arenas),
    )
    taken = [mallopt(name, value) for name, value in options]  # each, even after a refusal
    return all(taken)


def give_back_freed_memory() -> bool:
    """Return what is free now to the system: the files that models were read from, after a start.
    Return whether there was any; False where the C library does not do it.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and bool(trim(0))


def allocated_bytes() -> int | None:
    """Return the bytes that the process has from the C library's allocator now, freed ones not
    counted; None where the library does not tell. Takes some 50 us.
    """
    return None if _mallinfo2 is None else _in_use(_mallinfo2())


class _Mallinfo2(ctypes.Structure):  # mallinfo(3), glibc since 2.33
    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks"),
            *("fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


def _in_use(told: _Mallinfo2) -> int:
    return int(told.uordblks + told.hblkhd)


def _find_mallinfo2() -> Callable[[], _Mallinfo2] | None:
    found = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if found is not None:
        found.restype = _Mallinfo2
    return found


_mallinfo2 = _find_mallinfo2()
