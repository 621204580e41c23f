"""The declarations themselves: complete, reasoned, and each one tried."""

from __future__ import annotations

import itertools

from tests.conformance import (
    test_collections,
    test_events,
    test_opening,
    test_reads,
    test_refusals,
)
from tests.conformance.capabilities import Capability
from tests.conformance.implementations import IMPLEMENTATIONS
from tests.conformance.table import PAGE
from tests.conformance.write_rules import RULES

_MODULES = (test_collections, test_events, test_opening, test_reads, test_refusals)


def test_every_capability_is_tried_by_a_promise() -> None:
    """One that no promise needs could be declared without being true."""
    functions = itertools.chain(*(vars(module).values() for module in _MODULES))
    marks = itertools.chain(*(getattr(one, "pytestmark", ()) for one in functions))
    marked = itertools.chain(*(mark.args for mark in marks if mark.name == "needs"))
    ruled = itertools.chain(*(rule.needs for rule in RULES))
    assert {*marked, *ruled} == set(Capability)


def test_every_lack_has_a_reason() -> None:
    """And each implementation is a column of its own."""
    assert all(reason for one in IMPLEMENTATIONS for reason in one.lacks.values())
    names = [one.name for one in IMPLEMENTATIONS]
    assert len(set(names)) == len(names) == 8


def test_page_is_of_this_suite() -> None:
    """docs/conformance.md has each promise and each reason; python -m tests.conformance.table."""
    page = PAGE.read_text()
    functions = {
        one for module in _MODULES for name, one in vars(module).items() if name.startswith("test_")
    }
    promises = {" ".join((one.__doc__ or "").split("\n\n")[0].split()) for one in functions}
    promises |= {rule.promise for rule in RULES}
    reasons = {reason for one in IMPLEMENTATIONS for reason in one.lacks.values()}
    told = {promise.rstrip(".") for promise in promises} | reasons
    assert {one for one in told if f"| {one} |" not in page} == set()
