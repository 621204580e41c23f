"""make demo, as a newcomer sees it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_demo_prints_a_table_whose_columns_line_up() -> None:
    """Every call is answered, and the longest photo's name fits."""
    done = subprocess.run(
        [sys.executable, "scripts/demo.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert {len(line) for line in lines} == {len(lines[0])}
    calls = {line.split()[0] for line in lines[2:]}
    assert calls == {
        *("Enroll", "Search", "Verify", "CheckIn", "Identify", "Compare", "Liveness", "Analyze"),
        *("BatchEmbed", "GetHealth"),
    }
    assert any("Barack Obama 0." in line for line in lines)
    assert any("MATCH Barack Obama" in line for line in lines)
