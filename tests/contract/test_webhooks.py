"""Webhooks: what a receiver gets, when, and what becomes of what it does not take."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from facesvc.application.call import Call
from facesvc.application.ports.deliveries import PostError
from facesvc.domain.errors import ImageUrlRefusedError
from facesvc.domain.events import EventKind
from facesvc.images.fetch.policy import AllowList
from facesvc.images.fetch.poster import HttpPoster
from facesvc.v1 import event_service_pb2 as pb
from facesvc.webhooks.backoff import LONGEST_S, wait_before
from facesvc.webhooks.endpoints import WebhookEndpoint
from facesvc.webhooks.sender import Sender
from tests.contract.expect import failure
from tests.contract.test_events import Eventful, enroll, eventful
from tests.contract.webhook_receiver import Receiver, receiving

KEY, OLD_KEY = os.urandom(32), os.urandom(32)
KEEP = timedelta(days=1)


@dataclass
class Told:
    """A DeliveryObserver that remembers."""

    delivered_to: list[str] = field(default_factory=list)
    tries: int = 0
    dead: int = 0
    gaps: int = 0

    def delivered(self, endpoint: str, lag_s: float) -> None:
        assert 0 <= lag_s < 60
        self.delivered_to.append(endpoint)

    def tried_again(self, endpoint: str) -> None:
        self.tries += 1

    def gave_up(self, endpoint: str) -> None:
        self.dead += 1

    def missed(self, endpoint: str) -> None:
        self.gaps += 1


@contextmanager
def sending(
    running: Eventful, endpoint: WebhookEndpoint, told: Told, pause_s: float = 0.01
) -> Iterator[Sender]:
    """Send to an endpoint, with short pauses between attempts."""
    log = running.stored.events
    assert log is not None
    poster = HttpPoster(AllowList.parse("127.0.0.1"), timeout_s=5.0)
    sender = Sender(
        endpoint,
        log,
        log.deliveries,
        poster,
        told,
        KEEP,
        wait_before=lambda _, asked_s: max(pause_s, asked_s or 0.0),
    )
    sender.start()
    ends = time.monotonic() + 5
    while not log.deliveries.cursor(endpoint.name) and time.monotonic() < ends:
        time.sleep(0.01)  # it is told of what comes from now on
    try:
        yield sender
    finally:
        sender.close()
        poster.close()


@pytest.fixture
def running() -> Iterator[Eventful]:
    """A server over a gallery that keeps events."""
    with eventful() as one:
        yield one


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver's web server."""
    with receiving() as one:
        yield one


def verified(secret: bytes, headers: dict[str, str], body: bytes) -> bool:
    """Check a signature as a receiver does that knows Standard Webhooks, not this code."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    given = headers["webhook-signature"].split(" ")
    fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return fresh and any(hmac.compare_digest(wanted, one) for one in given)


def test_an_event_is_sent_as_a_signed_cloud_event(running: Eventful, receiver: Receiver) -> None:
    """Under its id, signed with every key; a changed body or another key does not verify."""
    told = Told()
    with sending(running, WebhookEndpoint("hr", receiver.url, (KEY, OLD_KEY)), told):
        enroll(running, "anna")
        (delivery,) = receiver.wait_for(1)
    assert delivery.path == "/hook"
    assert delivery.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    assert delivery.event["type"] == "facesvc.user.enrolled"
    assert delivery.event["subject"] == "anna"
    assert delivery.event["specversion"] == "1.0"
    assert delivery.headers["webhook-id"] == delivery.event["id"]
    assert verified(KEY, delivery.headers, delivery.body)
    assert verified(OLD_KEY, delivery.headers, delivery.body)
    assert not verified(os.urandom(32), delivery.headers, delivery.body)
    assert not verified(KEY, delivery.headers, delivery.body + b" ")
    assert b"Secret" not in delivery.body
    assert told.delivered_to == ["hr"]


def test_what_is_not_taken_is_sent_again_before_what_follows(
    running: Eventful, receiver: Receiver
) -> None:
    """In the order of the writes, whatever the endpoint answers in between."""
    receiver.answers = [(500, {}), (429, {}), (302, {"location": "/elsewhere"})]
    told = Told()
    with sending(running, WebhookEndpoint("hr", receiver.url, (KEY,)), told):
        for user in ("anna", "bert", "carl"):
            enroll(running, user)
        deliveries = receiver.wait_for(6)
    subjects = [one.event["subject"] for one in deliveries]
    assert subjects == ["anna", "anna", "anna", "anna", "bert", "carl"]
    assert len({one.headers["webhook-id"] for one in deliveries}) == 3
    assert (told.tries, told.dead) == (3, 0)


def test_retry_after_is_honoured_as_seconds_and_as_a_date(
    running: Eventful, receiver: Receiver
) -> None:
    """The next attempt comes no sooner."""
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=4)
    answers = ("1", format_datetime(moment, usegmt=True))
    receiver.answers = [(503, {"retry-after": answer}) for answer in answers]
    with sending(running, WebhookEndpoint("hr", receiver.url, (KEY,)), Told()):
        enroll(running, "anna")
        receiver.wait_for(1)
        began = time.monotonic()
        receiver.wait_for(2)
        assert time.monotonic() - began >= 0.9
        receiver.wait_for(3)
        assert datetime.now(UTC) >= moment


def test_an_event_that_is_never_taken_is_a_dead_letter_that_can_be_replayed(
    running: Eventful, receiver: Receiver
) -> None:
    """Over the calls: listed with its error, sent again when asked, gone once it is taken."""
    receiver.always = 500
    told = Told()
    with sending(running, WebhookEndpoint("hr", receiver.url, (KEY,), tries=3), told):
        enroll(running, "anna")
        receiver.wait_for(3)
        (letter,) = dead_letters(running, 1)
        assert (letter.endpoint, letter.attempts, letter.error) == ("hr", 3, "status 500")
        assert (letter.event.subject, letter.replays) == ("anna", False)
        assert told.dead == 1
        receiver.always = 204
        enroll(running, "bert")  # the endpoint is told of what follows all the same
        receiver.wait_for(4)
        replay = pb.ReplayDeadLettersRequest(letter_ids=[letter.letter_id])
        assert running.events.ReplayDeadLetters(replay).replayed == 1
        last = receiver.wait_for(5)[-1]
        assert last.headers["webhook-id"] == letter.event.id
        assert dead_letters(running, 0) == []


def dead_letters(running: Eventful, count: int) -> list[pb.DeadLetter]:
    """Return the dead letters once there are so many."""
    ends = time.monotonic() + 10
    while True:
        answer = running.events.ListDeadLetters(pb.ListDeadLettersRequest())
        if len(answer.dead_letters) == count or time.monotonic() > ends:
            return list(answer.dead_letters)
        time.sleep(0.02)


def test_an_endpoint_is_told_of_its_kinds_and_collections_only(
    running: Eventful, receiver: Receiver
) -> None:
    """What it does not want is passed over, and its place moves on."""
    endpoint = WebhookEndpoint(
        "hr",
        receiver.url,
        (KEY,),
        frozenset({EventKind.USER_ENROLLED}),
        frozenset({"staff"}),
    )
    with sending(running, endpoint, Told()):
        enroll(running, "zoe", "guests")
        enroll(running, "anna")
        deliveries = receiver.wait_for(1)
        time.sleep(0.3)
        assert [one.event["subject"] for one in receiver.deliveries] == ["anna"]
    assert len(deliveries) == 1


def test_sending_goes_on_where_it_stopped(running: Eventful, receiver: Receiver) -> None:
    """What happened in between is sent by the next process, and nothing is left out."""
    endpoint = WebhookEndpoint("hr", receiver.url, (KEY,))
    with sending(running, endpoint, Told()):
        enroll(running, "anna")
        receiver.wait_for(1)
    enroll(running, "bert")
    with sending(running, endpoint, Told()):
        enroll(running, "carl")
        receiver.wait_for(3)
    assert [one.event["subject"] for one in receiver.deliveries] == ["anna", "bert", "carl"]


def test_a_private_address_is_refused_unless_it_is_allowed() -> None:
    """As for images: literally, behind a name, by a port; nothing is sent there."""
    with receiving() as receiver:
        strict = HttpPoster()
        with pytest.raises(PostError, match="refused"):
            strict.post(receiver.url, {}, b"{}", Call())
        rebound = HttpPoster(lookup=lambda _: ["127.0.0.1"])
        with pytest.raises(PostError, match="refused"):
            rebound.post("http://hooks.example.org/x", {}, b"{}", Call())
        with pytest.raises(ImageUrlRefusedError):
            strict.check("ftp://example.org/")
        with pytest.raises(ImageUrlRefusedError):
            strict.check("https://user:secret@example.org/")
        assert receiver.deliveries == []
        allowed = HttpPoster(AllowList.parse("127.0.0.1"))
        assert allowed.post(receiver.url, {}, b"{}", Call()).taken
        assert len(receiver.deliveries) == 1


def test_an_endpoint_that_is_away_is_a_cause_in_a_word() -> None:
    """Nothing of the URL, which may hold secrets, is in a dead letter."""
    poster = HttpPoster(AllowList.parse("127.0.0.1"), timeout_s=1.0)
    with pytest.raises(PostError) as caught:
        poster.post("http://127.0.0.1:1/token-abc", {}, b"{}", Call())
    assert str(caught.value) == "connection"


def test_waits_double_up_to_a_limit_and_vary() -> None:
    """From half of each to the whole, and no less than was asked for, an hour at most."""
    assert [wait_before(n, chance=1.0) for n in (2, 3, 4, 5)] == [1.0, 2.0, 4.0, 8.0]
    assert [wait_before(n, chance=0.0) for n in (2, 3)] == [0.5, 1.0]
    assert wait_before(100, chance=1.0) == LONGEST_S
    assert wait_before(2, asked_s=60.0) == 60.0
    assert wait_before(2, asked_s=1e9) == 3600.0


def test_bad_fields_of_the_calls_on_dead_letters_are_named(running: Eventful) -> None:
    """Each by its name."""
    for field_, value in (("page_size", 2000), ("page_token", "?"), ("endpoint", "x" * 65)):
        request = pb.ListDeadLettersRequest(**{field_: value})
        failed = failure(lambda request=request: running.events.ListDeadLetters(request))  # type: ignore[misc]
        assert (failed.reason, failed.fields) == ("INVALID_FIELD", [field_])
    for ids in (["x"], ["1"] * 1001):
        replay = pb.ReplayDeadLettersRequest(letter_ids=ids)
        failed = failure(lambda replay=replay: running.events.ReplayDeadLetters(replay))  # type: ignore[misc]
        assert (failed.reason, failed.fields) == ("INVALID_FIELD", ["letter_ids"])
