"""Image bytes that lie, explode or are broken."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from facesvc.domain.errors import FaceError
from facesvc.images.decode import SafeImageDecoder
from harness.figures import record
from tests.faults.intake.hostile_images import hostile_images, seed_images

ROOT = Path(__file__).resolve().parents[3]
MUTATIONS = int(os.environ.get("FAULTS_MUTATIONS", "3000"))
SEED = int(os.environ.get("FAULTS_SEED", "20240229"))
FUZZ_RUNS = int(os.environ.get("FAULTS_FUZZ_RUNS", "3000"))
MIB = 1024 * 1024


def test_lies_are_refused_before_decoding() -> None:
    """Each hostile file is refused in milliseconds without memory to speak of."""
    decoder, process = SafeImageDecoder(), psutil.Process()
    for image in seed_images().values():
        decoder.decode(image)
    images = hostile_images()
    times, before = {}, process.memory_info().rss
    for name, data in images.items():
        took = []
        for _ in range(3):
            started = time.thread_time()
            with pytest.raises(FaceError):
                decoder.decode(data)
            took.append((time.thread_time() - started) * 1000)
        times[name] = min(took)
    grown = (process.memory_info().rss - before) / MIB
    small = {name: took for name, took in times.items() if len(images[name]) < MIB}
    assert max(small.values()) < 5, small
    assert max(times.values()) < 100, times
    assert grown < 5
    record(
        "bombs",
        f"{len(images)} files refused: at most {max(small.values()):.1f} ms below 1 MB and "
        f"{max(times.values()):.0f} ms at 9 MB, +{max(0, grown):.1f} MB",
    )


def test_mutated_images_never_crash_the_decoder() -> None:
    """Thousands of broken files give an image or a clear error, in bounded time and memory."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.faults.intake.mutate", str(MUTATIONS), str(SEED)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, f"crashed: {result.returncode} {result.stderr[-2000:]}"
    seen = json.loads(result.stdout)
    assert seen["internal"] == []
    assert sum(seen["outcomes"].values()) == MUTATIONS
    # A fuzzer whose files are all refused at the door tests nothing behind it.
    assert seen["outcomes"]["decoded"] > MUTATIONS / 20
    assert seen["worst_ms"] < 250
    assert seen["peak_mb"] < 300
    record(
        "mutations",
        f"{MUTATIONS} mutations, seed {SEED}: 0 crashes, 0 INTERNAL, worst "
        f"{seen['worst_ms']:.0f} ms, peak +{max(0, seen['peak_mb']):.0f} MB",
    )


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="needs atheris")
def test_coverage_guided_fuzzing_finds_nothing(tmp_path: Path) -> None:
    """The atheris target runs, from sound images, without an exception of its own."""
    for name, data in seed_images().items():
        (tmp_path / name).write_bytes(data)
    target = ["-m", "tests.faults.intake.fuzz_decode", f"-runs={FUZZ_RUNS}", "-rss_limit_mb=2048"]
    result = subprocess.run(
        [sys.executable, *target, "-seed=1", f"-artifact_prefix={tmp_path}/", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    assert "cov:" in result.stderr
    record("coverage_fuzzing", f"{FUZZ_RUNS} runs of the atheris target: 0 findings")
