"""malloc's limits for a server of many threads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ARENAS = 2

ROOT = Path(__file__).resolve().parents[2]
# Sixteen threads that allocate at once, then malloc's own account of its arenas.
PROGRAM = """
import ctypes, threading
from facesvc.allocator import keep_freed_memory
if {asked}:
    assert keep_freed_memory({arenas})
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.fdopen.restype = ctypes.c_void_p
together = threading.Barrier(16)
def work():
    together.wait()
    for _ in range(100):
        libc.malloc(ctypes.c_size_t(4096))
    together.wait()
threads = [threading.Thread(target=work) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


def arenas(*, asked: bool) -> int:
    """Return how many arenas malloc opened for sixteen threads."""
    command = [sys.executable, "-c", PROGRAM.format(asked=asked, arenas=ARENAS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.count("<heap nr=")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc")
def test_many_threads_share_few_arenas() -> None:
    """Each arena keeps what its threads freed; without the limit there are more."""
    assert arenas(asked=True) <= ARENAS
    assert arenas(asked=False) > ARENAS
