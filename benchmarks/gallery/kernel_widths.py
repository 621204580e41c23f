"""What SimSIMD's int8 kernel takes for a row, by the numbers it has: ``python -m
benchmarks.gallery.kernel_widths``.

Prints the nanoseconds of the thread a row, the least of many turns, of 16,384 rows that stay in the
cache and of as many as do not.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from facesvc.gallery.index import kernels

WIDTHS = (32, 64, 96, 128, 192, 256, 512)
ROWS = {"16,384 rows": (16_384, 200), "500,000 rows": (500_000, 20)}


def main() -> None:
    """Print a row for each width."""
    rng = np.random.default_rng(0)
    sys.stdout.write(f"| numbers |{''.join(f' {name} |' for name in ROWS)}\n|---|---|---|\n")
    for width in WIDTHS:
        line = ""
        for rows, turns in ROWS.values():
            codes = rng.integers(-127, 128, (rows, width), np.int8)
            line += f" {_least_s(codes, turns) / rows * 1e9:.1f} |"
        sys.stdout.write(f"| {width} |{line}\n")


def _least_s(codes: np.ndarray, turns: int) -> float:
    times = []
    for _ in range(turns):
        began = time.thread_time()
        for start in range(0, len(codes), 65_536):
            kernels.int8_dots(codes[:1], codes[start : start + 65_536])
        times.append(time.thread_time() - began)
    return min(times)


if __name__ == "__main__":
    main()
