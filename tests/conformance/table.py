"""Runs the suite and writes docs/conformance.md: which gallery keeps which promise.

``python -m tests.conformance.table``; the page is written only when everything passed, so that
each "no" is a declaration that was tried and each "yes" a test that ran.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.conformance.capabilities import Capability
from tests.conformance.implementations import IMPLEMENTATIONS

FOLDER = Path(__file__).parent
PAGE = FOLDER.parents[1] / "docs" / "conformance.md"
_TITLES = {
    "test_write_rules": "Write rules",
    "test_deletions": "Many deletions at once",
    "test_edit_rules": "Edits",
    "test_reads": "Reads",
    "test_filters": "Filters by metadata",
    "test_collections": "Collections",
    "test_settings": "Settings of collections",
    "test_retention": "When users were seen last",
    "test_refusals": "What a caller is told",
    "test_events": "Events",
    "test_opening": "Opened again, by others, with keys",
}
_HEAD = """# Which gallery keeps which promise

Written by `python -m tests.conformance.table` from a run of `tests/conformance/`, one suite that
every implementation runs. **no** is declared, with a reason below; the suite fails when a gallery
keeps a promise that it is declared not to. The write rules are one table,
`tests/conformance/write_rules.py`, driven call by call and in batches. Errors are compared whole:
reason, message, field and metadata.
"""


class Recorder:
    """A pytest plugin that remembers how each promise went over each implementation."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[str, str, str]] = {}
        self.kept: dict[str, dict[str, dict[str, bool]]] = {title: {} for title in _TITLES}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            params = getattr(getattr(item, "callspec", None), "params", {})
            if "implementation" in params:
                place = (item.path.stem, promise_of(item), params["implementation"].name)
                self._places[item.nodeid] = place

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" or report.nodeid not in self._places:
            return
        module, promise, name = self._places[report.nodeid]
        kept = self.kept[module].setdefault(promise, {})
        kept[name] = kept.get(name, True) and report.outcome == "passed"


def promise_of(item: pytest.Item) -> str:
    """Return a promise in words: its rule's, or its test's first line."""
    params = item.callspec.params  # type: ignore[attr-defined]
    if "rule" in params:
        return str(params["rule"].promise)
    document = item.function.__doc__ or ""  # type: ignore[attr-defined]
    return " ".join(document.split("\n\n")[0].split()).rstrip(".")


def render(kept: dict[str, dict[str, dict[str, bool]]]) -> str:
    """Return the page."""
    names = [one.name for one in IMPLEMENTATIONS]
    lines = [_HEAD]
    for module, promises in kept.items():
        lines += [f"## {_TITLES[module]}", "", *_table(["promise", *names])]
        for promise, by_name in promises.items():
            cells = ["yes" if by_name[name] else "**no**" for name in names]
            lines.append(_row([promise, *cells]))
        lines.append("")
    lines += ["## What is declared, and why", "", *_table(["capability", "not", "because"])]
    for capability in Capability:
        reasons: dict[str, list[str]] = {}
        for one in IMPLEMENTATIONS:
            if capability in one.lacks:
                reasons.setdefault(one.lacks[capability], []).append(one.name)
        lines += [
            _row([capability.value, ", ".join(lacking), reason])
            for reason, lacking in reasons.items()
        ]
    return "\n".join(lines) + "\n"


def _table(heads: list[str]) -> list[str]:
    return [_row(heads), "|" + "---|" * len(heads)]


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> int:
    """Run, write, and return pytest's exit status."""
    recorder = Recorder()
    options = ["-q", "-k", "not page_is_of_this_suite"]  # that one reads the page before
    status = int(pytest.main([str(FOLDER), *options], plugins=[recorder]))
    if status == 0:
        PAGE.write_text(render(recorder.kept))
    return status


if __name__ == "__main__":
    sys.exit(main())
