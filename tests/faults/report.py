"""Writes the table of docs/reliability.md from the figures of the last run.

``python -m tests.faults.report`` takes the figures that are there; ``--run`` first runs every
fault test with its full counts (some minutes on two cores), and the benchmark of the intake. A
promise that was not run keeps the figure of the page before.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from harness.figures import FOLDER
from tests.faults.promises import PROMISES, Promise

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"
FULL_COUNTS = {
    "FAULTS_MUTATIONS": "100000",
    "FAULTS_FUZZ_RUNS": "200000",
    "FACESVC_TEST_KILLS": "100",
    "FACESVC_TEST_STARTS": "10",
    "FACESVC_TEST_HISTORY": "100000",
    "FACESVC_TEST_OPERATIONS": "100000",
}
TESTS = (
    "tests/faults",
    "tests/integration/test_sharded_gallery.py",
    "tests/contract/test_access.py",
    "tests/contract/test_audit.py",
    "tests/gateway/test_tls.py",
    "tests/gateway/test_telemetry.py",
)

HEAD = "| threat or fault | promise | measured | command |\n|---|---|---|---|"
BEGIN = "<!-- figures: written by tests/faults/report.py -->\n"
END = "<!-- end of figures -->"


def figure_of(promise: Promise, before: dict[str, str]) -> str:
    """Return what the promise's tests recorded, else the figure of the page before."""
    files = [FOLDER / f"{key}.json" for key in promise.figures]
    recorded = [json.loads(file.read_text()) for file in files if file.exists()]
    return "; ".join(recorded) or before.get(promise.threat, "not run yet")


def figures_before(page: str) -> dict[str, str]:
    """Return the figures of the page as it stands, by threat."""
    return dict(re.findall(r"^\| (.+?) \| .+? \| (.+?) \| `.+?` \|$", page, re.MULTILINE))


def machine() -> str:
    """Return what the figures were measured on."""
    names = re.findall(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    processor = names[0] if names else platform.machine()
    return (
        f"Last run: {datetime.now(UTC):%Y-%m-%d}, {len(os.sched_getaffinity(0))} cores of "
        f"{processor}, Linux {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}, no GPU."
    )


def run_everything() -> int:
    """Run the fault tests with full counts, and the benchmark; return pytest's exit status."""
    environment = {**FULL_COUNTS, **os.environ}
    tests = [sys.executable, "-m", "pytest", "-s", "--timeout=1800", *TESTS]
    status = subprocess.run(tests, cwd=ROOT, env=environment).returncode
    subprocess.run([sys.executable, "-m", "benchmarks.intake"], cwd=ROOT, check=True)
    return status


def main() -> int:
    """Write the table; return 1 when a test failed, and then leave the page as it was."""
    parser = argparse.ArgumentParser(description="Write docs/reliability.md.")
    parser.add_argument("--run", action="store_true", help="run all fault tests in full first")
    if parser.parse_args().run and run_everything() != 0:
        sys.stderr.write("Tests failed: docs/reliability.md is left as it was.\n")
        return 1
    page = PAGE.read_text()
    before = figures_before(page)
    rows = [
        f"| {each.threat} | {each.promise} | {figure_of(each, before)} | `{each.command}` |"
        for each in PROMISES
    ]
    start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    table = "\n".join([machine(), "", HEAD, *rows])
    PAGE.write_text(f"{page[:start]}\n{table}\n\n{page[end:]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
