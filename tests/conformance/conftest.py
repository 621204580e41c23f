"""Runs every promise over every implementation."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest

from facesvc.domain.errors import FaceError
from facesvc.gallery.sharded.shard_layout import shard_of
from tests.conformance.capabilities import Capability, UnsupportedError
from tests.conformance.implementations import (
    IMPLEMENTATIONS,
    SHARDS,
    Implementation,
    OpenGallery,
    Options,
    Place,
)
from tests.conformance.write_rules import ADA, BOB

# A promise that is not kept shows as one of these; any other exception is a defect of the test.
_BROKEN = (AssertionError, pytest.fail.Exception, FaceError, UnsupportedError)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect the implementations that lack a capability to break the promises that need it."""
    for item in items:
        params = getattr(getattr(item, "callspec", None), "params", {})
        implementation = params.get("implementation")
        if not isinstance(implementation, Implementation):
            continue
        for capability in needed(item):
            if capability in implementation.lacks:
                reason = f"{implementation.name}: {implementation.lacks[capability]}"
                item.add_marker(pytest.mark.xfail(reason=reason, raises=_BROKEN, strict=True))


def needed(item: pytest.Item) -> set[Capability]:
    """Return the capabilities that a promise needs."""
    marked = (mark.args for mark in item.iter_markers("needs"))
    rule = getattr(item, "callspec", None) and item.callspec.params.get("rule")
    return set(itertools.chain(*marked, rule.needs if rule else ()))


@pytest.fixture(scope="session", params=IMPLEMENTATIONS, ids=lambda one: one.name.replace(" ", "_"))
def implementation(request: pytest.FixtureRequest) -> Implementation:
    """One after the other."""
    return request.param


@pytest.fixture(scope="session")
def gallery(
    implementation: Implementation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpenGallery]:
    """One open gallery for every test that needs no more than a collection of its own."""
    with implementation.place(tmp_path_factory.mktemp("shared")) as place:
        opened = place.open(Options())
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def place(
    implementation: Implementation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """Where the galleries of single tests are kept, one after the other."""
    with implementation.place(tmp_path_factory.mktemp("own")) as opened:
        yield opened


@dataclass
class Opener:
    """Opens a test's own gallery, as often as wanted; closes what was opened."""

    place: Place
    stack: ExitStack

    def __call__(self, **options: Any) -> OpenGallery:
        """Raises UnsupportedError."""
        gallery = self.place.open(replace(Options(), **options))
        self.stack.callback(gallery.close)
        return gallery


@pytest.fixture
def open_own(place: Place) -> Iterator[Opener]:
    """A function that opens a gallery that is empty at first."""
    place.empty()
    with ExitStack() as stack:
        yield Opener(place, stack)


_numbers = itertools.count()


@pytest.fixture
def collection() -> str:
    """The name of a collection that no other test has."""
    return new_collection()


def new_collection() -> str:
    """Return a name that is new, in which three servers keep ADA and BOB apart."""
    names = (f"staff-{number}" for number in _numbers)
    apart: Callable[[str], bool] = lambda name: (  # noqa: E731
        shard_of(name, ADA, SHARDS) != shard_of(name, BOB, SHARDS)
    )
    return next(filter(apart, names))
