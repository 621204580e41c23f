"""The C library's allocator keeps freed photos for the next ones."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROBE = """
import resource, sys
from facesvc.allocator import keep_freed_memory
done = keep_freed_memory(2) if sys.argv[1] == "kept" else False
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def work():  # the parts of a message, and what they are joined to
    held = [bytearray(2_000_000) for _ in range(4)]
for _ in range(3):
    work()
before = faults()
for _ in range(10):
    work()
print(done, (faults() - before) // 10)
"""


def probe(how: str, **environment: str) -> tuple[bool, int]:
    """Return whether it was set, and the page faults of 8 MB in a new process."""
    inherited = {name: value for name, value in os.environ.items() if "MALLOC" not in name.upper()}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, how],
        env=inherited | environment,
        check=True,
        capture_output=True,
        text=True,
    )
    was_set, faults = done.stdout.split()
    return was_set == "True", int(faults)


@pytest.mark.skipif(
    not hasattr(os, "confstr") or "glibc" not in (os.confstr("CS_GNU_LIBC_VERSION") or ""),
    reason="only glibc has these settings",
)
def test_a_photo_takes_the_memory_of_the_one_before() -> None:
    """Without the settings every page of every photo is a fault."""
    assert probe("default")[1] > 1000
    was_set, faults = probe("kept")
    assert was_set
    assert faults < 10


def test_settings_of_the_user_win() -> None:
    """Whoever sets the allocator in the environment knows what for."""
    assert probe("kept", MALLOC_TRIM_THRESHOLD_="131072")[0] is False


TRIMMED = """
import psutil
from facesvc.allocator import give_back_freed_memory, keep_freed_memory
keep_freed_memory(2)
held = [bytearray(1_000_000) for _ in range(64)]
last = bytearray(1_000_000)
del held
full = psutil.Process().memory_info().rss
done = give_back_freed_memory()
print(done, (full - psutil.Process().memory_info().rss) // 1_000_000)
"""


@pytest.mark.skipif(
    not hasattr(os, "confstr") or "glibc" not in (os.confstr("CS_GNU_LIBC_VERSION") or ""),
    reason="only glibc does that",
)
def test_what_a_start_has_freed_goes_back_to_the_system() -> None:
    """Also where something that lives on lies above it."""
    done = subprocess.run(
        [sys.executable, "-c", TRIMMED], check=True, capture_output=True, text=True
    )
    was_given, megabytes = done.stdout.split()
    assert was_given == "True"
    assert int(megabytes) > 50
