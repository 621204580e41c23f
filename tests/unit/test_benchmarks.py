"""Benchmarks can be found and run by name, and stand on nothing of the tests."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS, Benchmark

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=lambda benchmark: benchmark.name)
def test_a_benchmark_is_there_and_so_is_its_page(benchmark: Benchmark) -> None:
    """The page tells how it is run, or where its figure decided something."""
    assert find_spec(benchmark.module) is not None
    assert (ROOT / benchmark.page).is_file()


def test_benchmarks_import_nothing_from_the_tests() -> None:
    """What both need is in harness/."""
    for path in (ROOT / "benchmarks").rglob("*.py"):
        assert not re.search(r"^\s*(from|import) tests", path.read_text(), re.MULTILINE), path
    for path in (ROOT / "harness").rglob("*.py"):
        assert not re.search(
            r"^\s*(from|import) (tests|benchmarks)", path.read_text(), re.MULTILINE
        )
