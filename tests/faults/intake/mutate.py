"""Decodes seeded mutations of sound images: ``mutate.py COUNT SEED``, one JSON object out.

It runs as a process of its own, so that a crash is seen as one, under a limit of memory.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil

from facesvc.domain.errors import FaceError
from facesvc.images.decode import SafeImageDecoder
from tests.faults.intake.hostile_images import seed_images

# On top of what the process takes before: enough for honest work on small images only.
MEMORY_ALLOWANCE = 512 * 1024 * 1024
_MEANINGFUL = (0x00, 0x01, 0x7F, 0x80, 0xC0, 0xC2, 0xD8, 0xD9, 0xDA, 0xFF)

Mutation = Callable[[random.Random, bytearray, bytes], None]


def flip_bits(rng: random.Random, data: bytearray, _: bytes) -> None:
    """Flip a few bits anywhere."""
    for _ in range(rng.randint(1, 8)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def set_header_bytes(rng: random.Random, data: bytearray, _: bytes) -> None:
    """Put meaningful values where sizes and lengths are."""
    for _ in range(rng.randint(1, 4)):
        data[rng.randrange(min(len(data), 700))] = rng.choice(_MEANINGFUL)


def set_number(rng: random.Random, data: bytearray, _: bytes) -> None:
    """Overwrite four bytes with an extreme number."""
    start = rng.randrange(len(data) - 4)
    number = rng.choice((0, 1, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, rng.getrandbits(32)))
    data[start : start + 4] = number.to_bytes(4, rng.choice(("big", "little")))


def cut(rng: random.Random, data: bytearray, _: bytes) -> None:
    """Remove a stretch, or the rest."""
    start = rng.randrange(len(data))
    del data[start : start + rng.choice((1, 4, 100, len(data)))]


def repeat(rng: random.Random, data: bytearray, _: bytes) -> None:
    """Repeat a stretch up to a hundred times."""
    start = rng.randrange(len(data))
    piece = data[start : start + rng.randint(1, 200)]
    data[start:start] = piece * rng.randint(1, 100)


def splice(rng: random.Random, data: bytearray, other: bytes) -> None:
    """Go on with the middle of another image."""
    data[rng.randrange(len(data)) :] = other[rng.randrange(len(other)) :]


MUTATIONS: tuple[Mutation, ...] = (
    *(flip_bits, flip_bits, set_header_bytes, set_header_bytes),
    *(set_number, cut, repeat, splice),
)


def mutations(count: int, seed: int) -> dict[str, object]:
    """Decode ``count`` mutations and count the outcomes; the same seed makes the same files."""
    rng, seeds = random.Random(seed), list(seed_images().values())
    decoder, process = SafeImageDecoder(), psutil.Process()
    for image in seeds:
        decoder.decode(image)
    limit = process.memory_info().vms + MEMORY_ALLOWANCE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    before = process.memory_info().rss
    outcomes: Counter[str] = Counter()
    internal: list[str] = []
    worst_ms = 0.0
    for number in range(count):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            if len(data) > 8:
                rng.choice(MUTATIONS)(rng, data, rng.choice(seeds))
        # Processor time: another process on the machine does not count against the decoder.
        started = time.thread_time()
        try:
            decoder.decode(bytes(data))
            outcomes["decoded"] += 1
        except FaceError as error:
            outcomes[error.reason] += 1
        except Exception as error:
            internal.append(f"{number}: {error!r}")
        worst_ms = max(worst_ms, (time.thread_time() - started) * 1000)
    # Not ru_maxrss: a process inherits that of the one that started it.
    status = Path("/proc/self/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
    return {
        "outcomes": outcomes,
        "internal": internal[:10],
        "worst_ms": worst_ms,
        "peak_mb": (peak - before) / 2**20,
    }


if __name__ == "__main__":
    json.dump(mutations(int(sys.argv[1]), int(sys.argv[2])), sys.stdout)
