"""``facesvc events`` over the real server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from facesvc.cli.main import main
from facesvc.domain.deliveries import DeadLetter
from facesvc.domain.events import Event, EventKind
from tests.contract.test_events import Eventful, enroll, eventful


@pytest.fixture
def running() -> Iterator[Eventful]:
    """A server over a gallery that keeps events."""
    with eventful() as one:
        yield one


@pytest.fixture
def ask(running: Eventful, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple]:
    """Run a command; return its status, what it wrote and what it noted."""

    def run(*words: str) -> tuple[int, list[str], str]:
        capsys.readouterr()
        status = main([*words, "--server", f"127.0.0.1:{running.server.port}"])
        told = capsys.readouterr()
        lines = [line for line in told.out.splitlines() if " [info " not in line]
        return status, lines, told.err

    return run


def test_tail_shows_events_and_the_cursor_to_go_on_from(ask: Callable, running: Eventful) -> None:
    """One a line for people, CloudEvents with --json."""
    enroll(running, "anna")
    status, lines, noted = ask("events", "tail", "--once")
    assert status == 0
    assert "facesvc.user.enrolled" in lines[0]
    assert "user_id=anna" in lines[0]
    cursor = noted.split("--cursor ")[1].strip()
    enroll(running, "bert")
    enroll(running, "zoe", "guests")
    status, lines, _ = ask(
        "events", "tail", "--once", "--json", "--cursor", cursor, "--collection", "staff"
    )
    (event,) = map(json.loads, lines)
    assert (event["specversion"], event["subject"], event["data"]["version"]) == ("1.0", "bert", 2)
    assert ask("events", "tail", "--once", "--kind", "user.deleted")[1] == []
    assert ask("events", "tail", "--once", "--kind", "born")[0] == 1


def test_dead_letters_are_listed_and_sent_again(ask: Callable, running: Eventful) -> None:
    """The status tells whether there are some."""
    assert ask("events", "dead-letters")[0] == 0
    log = running.stored.events
    assert log is not None
    event = Event(EventKind.USER_ENROLLED, "staff", "anna", {"version": 1})
    log.deliveries.bury(DeadLetter("hr", event, 10, "status 500", datetime.now(UTC)))
    status, lines, _ = ask("events", "dead-letters")
    assert status == 4
    assert "status 500" in lines[1]
    (letter,) = json.loads(ask("events", "dead-letters", "--json")[1][0])
    assert (letter["endpoint"], letter["attempts"]) == ("hr", 10)
    assert letter["event"]["subject"] == "anna"
    status, lines, _ = ask("events", "replay", letter["letter_id"])
    assert (status, lines) == (0, ["1 sent again"])
    assert json.loads(ask("events", "replay", "--json")[1][0]) == {"replayed": 0}
    assert log.deliveries.due("hr", 10)[0].letter_id == letter["letter_id"]
