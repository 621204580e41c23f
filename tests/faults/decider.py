"""A process that decides and sends webhooks until it is stopped, and says what it answered.

Usage: python decider.py FILE_OR_REDIS_URL URL. Each line on standard output is the user_id that a
decision was asked for, after its answer.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from facesvc.application.announcements import AnnounceDecisions
from facesvc.application.check_in import CheckInRequest
from facesvc.domain.check_in import Decision
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.images.fetch.policy import AllowList
from facesvc.images.fetch.poster import HttpPoster
from facesvc.webhooks.endpoints import WebhookEndpoint
from facesvc.webhooks.sender import Sender
from tests.faults.gallery_writer import store_at
from tests.unit.gallery.gallery_fixtures import CALL, opened

THREADS = 4
ENDPOINT = "hr"
KEY = b"k" * 32


class Unobserved:
    """A DeliveryObserver that nobody asks."""

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_: None


def sender_of(gallery: IndexedGallery, url: str) -> Sender:
    """Return what sends the gallery's events there."""
    log = gallery.events
    assert log is not None
    poster = HttpPoster(AllowList.parse("127.0.0.1"), timeout_s=5.0)
    endpoint = WebhookEndpoint(ENDPOINT, url, (KEY,))
    observer = cast(Any, Unobserved())
    return Sender(endpoint, log, log.deliveries, poster, observer, timedelta(days=1))


def decide_on(gallery: IndexedGallery) -> None:
    """Decide about somebody else each time; the verdict itself is not what is tested."""
    verdict = SimpleNamespace(decision=Decision.NO_MATCH, reasons=(), match=None)
    checked = cast(Any, SimpleNamespace(verdict=verdict))
    journal = gallery.events
    assert journal is not None
    decide = AnnounceDecisions(lambda *_: checked, gallery, journal, wait=True)
    for _ in count():
        user_id = uuid4().hex
        request = cast(CheckInRequest, SimpleNamespace(collection="staff", user_id=user_id))
        decide(request, CALL)
        os.write(1, f"{user_id}\n".encode())


def main() -> None:
    """Decide from several threads."""
    gallery = opened(store_at(sys.argv[1]))
    sender_of(gallery, sys.argv[2]).start()
    for _ in range(THREADS):
        threading.Thread(target=decide_on, args=(gallery,)).start()


if __name__ == "__main__":
    main()
