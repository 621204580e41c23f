"""The Python client on events: following over an end of the service, and webhooks."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import facesvc_client as fc
import pytest

from facesvc.domain.event_cursor import Cursor
from facesvc.webhooks.signing import PREFIX, signed_headers
from tests.contract.test_events import Eventful, enroll, eventful

KEY = os.urandom(32)
SECRET = PREFIX + base64.b64encode(KEY).decode()
PAGE = Path(__file__).resolve().parents[2] / "docs" / "events.md"
BODY = json.dumps({"specversion": "1.0"}).encode()


@pytest.fixture
def running() -> Iterator[Eventful]:
    """A server over a gallery that keeps events."""
    with eventful() as one:
        yield one


def test_events_are_followed_from_a_cursor_on(running: Eventful) -> None:
    """Each with a cursor that goes on; other errors than an absent service are raised."""
    enroll(running, "anna")
    with fc.Client(f"127.0.0.1:{running.server.port}") as client:
        first = client.list_events(page_size=1)
        assert first.events[0].subject == "anna"
        following = client.follow_events(first.cursor, kinds=["user.*"])
        enroll(running, "bert")
        event, cursor = next(following)
        assert event.subject == "bert"
        enroll(running, "carl")
        assert next(client.follow_events(cursor))[0].subject in ("bert", "carl")
        with pytest.raises(fc.FacesvcError) as caught:
            next(client.follow_events(Cursor({"log": _elsewhere()}).encode()))
        assert caught.value.reason == "CURSOR_EXPIRED"
        assert client.dead_letters().total == 0
        assert client.replay_dead_letters("hr").replayed == 0


def _elsewhere() -> object:
    from facesvc.domain.event_cursor import Position

    return Position("another log", 7)


def test_an_end_of_the_service_is_followed_over(running: Eventful) -> None:
    """The stream that ends with the server is called again, and nothing is told twice or lost."""
    enroll(running, "anna")
    with fc.Client(f"127.0.0.1:{running.server.port}") as client:
        following = client.follow_events()
        assert next(following)[0].subject == "anna"
        tails = running.server.end_streams
        tails()  # as at a drain; the streams of later calls end behind their backlog
        enroll(running, "bert")
        assert next(following)[0].subject == "bert"


def test_the_asyncio_client_follows_alike(running: Eventful) -> None:
    """The same methods as coroutines."""
    enroll(running, "anna")

    async def follow() -> str:
        async with fc.AsyncClient(f"127.0.0.1:{running.server.port}") as client:
            assert (await client.list_events()).events[0].subject == "anna"
            assert (await client.dead_letters()).total == 0
            assert (await client.replay_dead_letters()).replayed == 0
            async for event, _ in client.follow_events():
                return event.subject
        return ""

    assert asyncio.run(follow()) == "anna"


def signed(seconds: int | None = None) -> dict[str, str]:
    """Return a body's headers as the service makes them."""
    moment = int(time.time()) if seconds is None else seconds
    return dict(signed_headers([os.urandom(32), KEY], "e1", moment, BODY))


def test_webhooks_are_verified_by_the_client() -> None:
    """What was changed, is old, or is signed by somebody else is refused."""
    assert fc.verify_webhook(SECRET, signed(), BODY) == "e1"
    upper = {name.title(): value for name, value in signed().items()}
    assert fc.verify_webhook(SECRET, upper, BODY) == "e1"
    other = PREFIX + base64.b64encode(os.urandom(32)).decode()
    for secret, headers, body in (
        (other, signed(), BODY),
        (SECRET, signed(), BODY + b" "),
        (SECRET, signed(int(time.time()) - 400), BODY),
        (SECRET, signed() | {"webhook-id": "e2"}, BODY),
        (SECRET, signed() | {"webhook-timestamp": "soon"}, BODY),
        (SECRET, {}, BODY),
    ):
        with pytest.raises(fc.WebhookError):
            fc.verify_webhook(secret, headers, body)


def test_the_snippet_of_the_docs_verifies_webhooks() -> None:
    """As it stands on the page."""
    (snippet,) = re.findall(r"```python\n(import base64.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, object] = {}
    exec(snippet, names)
    verify = names["verify"]
    assert callable(verify)
    verify(SECRET, signed(), BODY)
    for headers, body in ((signed(), b"{}"), (signed(int(time.time()) - 400), BODY)):
        with pytest.raises(ValueError, match=r"signed|old"):
            verify(SECRET, headers, body)
