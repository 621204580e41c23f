"""Events over REST: the real Envoy before the real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from facesvc.domain.deliveries import DeadLetter
from facesvc.domain.events import Event, EventKind
from gateway.settings import GatewaySettings
from harness.ports import free_ports
from tests.contract.test_events import Eventful, enroll, eventful
from tests.gateway.conftest import wait_for_service
from tests.gateway.rest import Rest
from tests.gateway.stack import envoy_before

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Eventful, Rest]]:
    """A server over a gallery that keeps events, and Envoy."""
    folder: Path = tmp_path_factory.mktemp("events")
    (admin,) = free_ports(1)
    gateway = GatewaySettings(gateway_admin_port=admin)
    with eventful() as running, envoy_before(running.server.port, folder, gateway) as rest:
        wait_for_service(rest)
        yield running, rest


def test_events_are_read_page_by_page_as_cloud_events(before: tuple[Eventful, Rest]) -> None:
    """Every attribute by CloudEvents' own name; the cursor goes on in the query."""
    running, rest = before
    for user in ("anna", "bert", "carl"):
        enroll(running, user)
    first = rest.get("/events?page_size=2&collection=staff&kinds=user.*")
    assert first.status == 200, first.text
    assert [event["subject"] for event in first.body["events"]] == ["anna", "bert"]
    event = first.body["events"][0]
    assert event.keys() == {
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "datacontenttype",
        "data",
    }
    assert event["type"] == "facesvc.user.enrolled"
    assert event["data"]["user_id"] == "anna"
    assert first.body["more"] is True
    rest_of = rest.get(f"/events?cursor={first.body['cursor']}")
    assert [event["subject"] for event in rest_of.body["events"]] == ["carl"]


def test_bad_fields_of_events_are_told_over_rest(before: tuple[Eventful, Rest]) -> None:
    """With the reason and the field, as over gRPC; an unknown one by name."""
    _, rest = before
    for field, value in (("cursor", "x"), ("kinds", "born"), ("page_size", "-1")):
        answer = rest.get(f"/events?{field}={value}")
        assert answer.status == 400
        assert "INVALID_FIELD" in answer.text
        assert field in answer.text
    assert rest.get("/events?curser=x").status == 400


def test_dead_letters_are_listed_and_replayed_over_rest(before: tuple[Eventful, Rest]) -> None:
    """GET and POST; a body of another form is refused by its field."""
    running, rest = before
    log = running.stored.events
    assert log is not None
    event = Event(EventKind.USER_ENROLLED, "staff", "anna", {"version": 1})
    log.deliveries.bury(DeadLetter("hr", event, 10, "status 500", datetime.now(UTC)))
    listed = rest.get("/events/dead-letters?endpoint=hr")
    assert listed.status == 200, listed.text
    (letter,) = listed.body["dead_letters"]
    assert (letter["error"], letter["event"]["subject"]) == ("status 500", "anna")
    body = json.dumps({"letter_ids": [letter["letter_id"]]}).encode()
    answer = rest.call("POST", "/events/dead-letters/replay", body, JSON)
    assert (answer.status, answer.body) == (200, {"replayed": 1})
    wrong = rest.call("POST", "/events/dead-letters/replay", b'{"letters": []}', JSON)
    assert wrong.status == 400
    assert "letters" in wrong.text
