"""Webhooks of several replicas on one Valkey: one sends, and another goes on after it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from facesvc.domain.events import Retention
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.redis.store import RedisStore
from facesvc.images.fetch.policy import AllowList
from facesvc.images.fetch.poster import HttpPoster
from facesvc.webhooks.endpoints import WebhookEndpoint
from facesvc.webhooks.sender import Sender
from harness.redis_servers import RedisServer, engine
from tests.contract.test_webhooks import Told
from tests.contract.webhook_receiver import receiving
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, opened

KEEP = Retention(seconds=86_400, count=1000)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of the test's own."""
    server = RedisServer(engine("valkey"), tmp_path / "valkey").start()
    yield server
    server.stop()


def replica(server: RedisServer, url: str) -> tuple[IndexedGallery, Sender, Told]:
    """Return one that sends to the endpoint whenever it may."""
    gallery = opened(RedisStore(server.patient_url, DIGEST, events=KEEP))
    log, told = gallery.events, Told()
    assert log is not None
    poster = HttpPoster(AllowList.parse("127.0.0.1"))
    endpoint = WebhookEndpoint("hr", url, (os.urandom(32),))
    sender = Sender(endpoint, log, log.deliveries, poster, told, timedelta(days=1))
    log.deliveries.save_cursor("hr", log.deliveries.cursor("hr") or log.newest("", CALL).encode())
    return gallery, sender, told


def test_one_replica_sends_and_another_goes_on_after_it(server: RedisServer) -> None:
    """Each event once while nothing fails, from whichever replica it came; none is left out when
    the one that sends ends.
    """
    with receiving() as receiver:
        first, first_sender, first_told = replica(server, receiver.url)
        second, second_sender, second_told = replica(server, receiver.url)
        first_sender.start()
        for number in range(10):
            (first, second)[number % 2].enroll(face(f"u{number}", number), CALL)
        receiver.wait_for(10)
        second_sender.start()
        for number in range(10, 20):
            (first, second)[number % 2].enroll(face(f"u{number}", number), CALL)
        receiver.wait_for(20)
        assert len(second_told.delivered_to) == 0
        first_sender.close()
        for number in range(20, 30):
            second.enroll(face(f"u{number}", number), CALL)
        receiver.wait_for(30)
        second_sender.close()
        subjects = [delivery.event["subject"] for delivery in receiver.deliveries]
        assert subjects == [f"u{number}" for number in range(30)]
        assert len(first_told.delivered_to) == 20
        first.close()
        second.close()
