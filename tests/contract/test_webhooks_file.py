"""WEBHOOKS_FILE is changed while the service runs."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from facesvc.audit.trail import FileTrail
from facesvc.bootstrap import webhooks as wiring
from facesvc.bootstrap.webhooks import start_webhooks
from facesvc.settings import Settings
from facesvc.webhooks import followed_file
from tests.contract.test_events import Eventful, enroll, eventful
from tests.contract.test_webhooks import Told, verified
from tests.contract.webhook_receiver import Receiver, receiving

KEYS = os.urandom(32), os.urandom(32)


def secret(key: bytes) -> str:
    """Return a key as the file has it."""
    return "whsec_" + base64.b64encode(key).decode()


def endpoint(name: str, url: str, more: str = "") -> str:
    """Return a table of the file."""
    return f'[endpoints.{name}]\nurl = "{url}"\nsecret_file = "{{secret}}"\n{more}\n'


class World:
    """A service that sends to the endpoints of a file, and what it tells of them."""

    def __init__(self, running: Eventful, folder: Path) -> None:
        self.running = running
        self.file, self.secret = folder / "webhooks.toml", folder / "secret"
        self.audit = folder / "audit.jsonl"
        self.secret.write_text(secret(KEYS[0]))

    def write(self, *tables: str) -> None:
        """Put the file in its place at once, as tools do."""
        new = self.file.with_suffix(".new")
        new.write_text("".join(tables).replace("{secret}", str(self.secret)))
        new.replace(self.file)

    def until(self, done: Callable[[], bool]) -> None:
        """Wait for something."""
        ends = time.monotonic() + 20
        while not done():
            assert time.monotonic() < ends
            time.sleep(0.01)

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """Call, outcome and endpoint of each audit entry."""
        lines = map(json.loads, self.audit.read_text().splitlines())
        return [(line["call"], line["outcome"], line["endpoint"]) for line in lines]


@pytest.fixture
def two() -> Iterator[tuple[Receiver, Receiver]]:
    """Two receivers' web servers."""
    with receiving() as first, receiving() as second:
        yield first, second


@pytest.fixture
def world(
    tmp_path: Path, two: tuple[Receiver, Receiver], monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """One endpoint, "hr", which is the first receiver."""
    monkeypatch.setattr(followed_file, "LOOK_EVERY_S", 0.02)
    with eventful() as running, contextlib.ExitStack() as resources:
        made = World(running, tmp_path)
        made.write(endpoint("hr", two[0].url))
        settings = Settings(events=True, webhooks_file=made.file, image_url_allow="127.0.0.1")
        trail = FileTrail(made.audit, b"key")
        start_webhooks(settings, running.stored, Told(), trail, resources)
        log = running.stored.events
        assert log is not None
        made.until(lambda: bool(log.deliveries.cursor("hr")))
        yield made


def test_endpoint_that_is_added_is_told_and_one_that_is_removed_no_longer(
    world: World, two: tuple[Receiver, Receiver]
) -> None:
    """Without a restart; the audit has both, by name."""
    first, second = two
    log = world.running.stored.events
    assert log is not None
    world.write(endpoint("hr", first.url), endpoint("door", second.url))
    world.until(lambda: bool(log.deliveries.cursor("door")))
    enroll(world.running, "anna")
    assert first.wait_for(1)[0].event["subject"] == "anna"
    assert second.wait_for(1)[0].event["subject"] == "anna"
    world.write(endpoint("door", second.url))
    world.until(lambda: len(world.told) == 2)
    enroll(world.running, "bert")
    second.wait_for(2)
    assert len(first.deliveries) == 1
    assert world.told == [("Webhooks", "added", "door"), ("Webhooks", "removed", "hr")]


def test_endpoint_that_changes_goes_on_where_it_was(
    world: World, two: tuple[Receiver, Receiver]
) -> None:
    """What its old address did not take, its new one gets first."""
    first, second = two
    first.always = 500
    enroll(world.running, "anna")
    first.wait_for(1)
    world.write(endpoint("hr", second.url))
    enroll(world.running, "bert")
    assert [one.event["subject"] for one in second.wait_for(2)] == ["anna", "bert"]
    assert world.told == [("Webhooks", "changed", "hr")]


def test_secret_that_changes_in_its_own_file_signs(
    world: World, two: tuple[Receiver, Receiver]
) -> None:
    """The file of endpoints itself is the same."""
    world.secret.write_text(secret(KEYS[1]))
    world.until(lambda: world.audit.read_text() != "")
    enroll(world.running, "anna")
    (delivery,) = two[0].wait_for(1)
    assert verified(KEYS[1], delivery.headers, delivery.body)
    assert not verified(KEYS[0], delivery.headers, delivery.body)


def errors(logs: list[MutableMapping[str, Any]]) -> list[str]:
    """Return the reasons of the errors that were logged."""
    return [one["reason"] for one in logs if one["log_level"] == "error"]


@pytest.mark.parametrize(
    "wrong", ["[endpoints", endpoint("hr", "ftp://example.org/"), endpoint("hr", "x", "tries = 0")]
)
def test_mistake_leaves_the_endpoints_as_they_were(
    world: World, two: tuple[Receiver, Receiver], wrong: str
) -> None:
    """Logged once as an error; a file that is right again counts."""
    with capture_logs() as logs:
        world.write(wrong)
        world.until(lambda: len(errors(logs)) == 1)
        enroll(world.running, "anna")
        two[0].wait_for(1)
        time.sleep(0.1)
        world.file.unlink()
        world.until(lambda: len(errors(logs)) == 2)
        enroll(world.running, "bert")
        two[0].wait_for(2)
    assert all(str(world.file) in reason for reason in errors(logs))
    assert len(errors(logs)) == 2
    assert world.audit.read_text() == ""
    world.write(endpoint("door", two[1].url))
    world.until(lambda: len(world.told) == 2)


def test_endpoint_that_stays_is_not_disturbed(
    world: World, two: tuple[Receiver, Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is written anew with the same endpoints changes nothing."""
    read: list[int] = []
    real = wiring.read_endpoints
    monkeypatch.setattr(wiring, "read_endpoints", lambda path: read.append(1) or real(path))
    world.write("# a comment\n", endpoint("hr", two[0].url))
    world.until(lambda: len(read) > 3)
    assert world.audit.read_text() == ""
