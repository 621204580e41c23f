"""One endpoint's events, sent in order by one thread of one process."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from facesvc.application.call import Call
from facesvc.application.ports.deliveries import DeliveryBook, Poster, PostError
from facesvc.application.ports.events import EventLog
from facesvc.domain.deliveries import DeadLetter
from facesvc.domain.errors import CallEndedError, FaceError
from facesvc.domain.event_cursor import Cursor, CursorExpiredError
from facesvc.domain.events import Event
from facesvc.webhooks.backoff import wait_before
from facesvc.webhooks.endpoints import WebhookEndpoint
from facesvc.webhooks.signing import signed_headers

LEASE_S = 30.0
_RENEW_S = LEASE_S / 3
_LOOK_S = 1.0
_GRACE_S = 2.0
_AGAIN_S = 2.0  # after a failure of the store
_PAGE = 16
_SAVE_S = 1.0  # what was sent since is sent again after a crash
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"

_log = structlog.get_logger(__name__)


class DeliveryObserver(Protocol):
    """Is told how sending goes."""

    def delivered(self, endpoint: str, lag_s: float) -> None:
        """An endpoint took an event so long after it happened."""
        ...

    def tried_again(self, endpoint: str) -> None:
        """An attempt failed, and another one follows."""
        ...

    def gave_up(self, endpoint: str) -> None:
        """An event became a dead letter."""
        ...

    def missed(self, endpoint: str) -> None:
        """The log no longer had what an endpoint was to be told next."""
        ...


class _StoppedError(Exception):
    """The thread is to end, or another process sends now."""


@dataclass(frozen=True)
class _Failure:
    attempts: int
    error: str


class Sender:
    """Sends while it holds the endpoint's lease; another process goes on where it stopped. Dead
    letters are kept for so long.
    """

    def __init__(
        self,
        endpoint: WebhookEndpoint,
        log: EventLog,
        book: DeliveryBook,
        poster: Poster,
        observer: DeliveryObserver,
        keep: timedelta,
        *,
        wait_before: Callable[[int, float | None], float] = wait_before,
    ) -> None:
        self._endpoint = endpoint
        self._events = log
        self._book = book
        self._poster = poster
        self._observer = observer
        self._keep = keep
        self._wait_before = wait_before
        self._holder = secrets.token_hex(8)
        self._call = Call()
        self._closing = threading.Event()
        self._held_until = self._saved_at = 0.0
        self._thread = threading.Thread(
            target=self._run, name=f"webhook-{endpoint.name}", daemon=True
        )

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the attempt that goes on, unless it takes long; the rest is sent later."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(_GRACE_S)
            self._call.cancel()
            self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                if self._hold():
                    self._send_all()
                else:
                    self._closing.wait(_LOOK_S)
            except (_StoppedError, CallEndedError):
                continue
            except FaceError as error:
                _log.warning("webhook_waits", endpoint=self._endpoint.name, error=error.reason)
                self._closing.wait(_AGAIN_S)
        if time.monotonic() < self._held_until:
            with suppress(FaceError):  # the lease ends by itself
                self._book.let_go(self._endpoint.name, self._holder)

    def _hold(self) -> bool:
        """Renew the lease when it is time; tell whether it is held."""
        now = time.monotonic()
        if now < self._held_until - LEASE_S + _RENEW_S:
            return True
        held = self._book.hold(self._endpoint.name, self._holder, LEASE_S)
        if held:
            self._book.forget_before(datetime.now(UTC) - self._keep)
        self._held_until = now + LEASE_S if held else 0.0
        return held

    def _check(self) -> None:
        if self._closing.is_set() or not self._hold():
            raise _StoppedError

    def _send_all(self) -> None:
        name = self._endpoint.name
        kept = self._book.cursor(name)
        if kept:
            cursor = Cursor.decode(kept)
        else:  # a new endpoint is told of what comes
            cursor = self._events.newest("", self._call)
            self._book.save_cursor(name, cursor.encode())
        saved = cursor
        try:
            while True:
                self._check()
                self._replay()
                try:
                    page = self._events.read(cursor, "", _PAGE, self._call)
                except CursorExpiredError as error:
                    _log.error("webhook_missed_events", endpoint=name)
                    self._observer.missed(name)
                    cursor = Cursor.decode(error.metadata["resume_cursor"])
                    continue
                for event in page.events:
                    if self._endpoint.wants(event):
                        self._deliver(event)
                cursor = page.cursor
                if cursor != saved and time.monotonic() - self._saved_at >= _SAVE_S:
                    self._save(cursor)
                    saved = cursor
                if not page.more:
                    if cursor != saved:
                        self._save(cursor)
                        saved = cursor
                    self._events.wait(_LOOK_S)
        finally:
            if cursor != saved:
                self._save(cursor)

    def _save(self, cursor: Cursor) -> None:
        self._book.save_cursor(self._endpoint.name, cursor.encode())
        self._saved_at = time.monotonic()

    def _deliver(self, event: Event) -> None:
        failure = self._attempts(event)
        if failure is not None:
            self._bury(DeadLetter(self._endpoint.name, event, 0, "", datetime.now(UTC)), failure)

    def _replay(self) -> None:
        for letter in self._book.due(self._endpoint.name, _PAGE):
            failure = self._attempts(letter.event)
            if failure is None:
                self._book.remove(letter.letter_id)
            else:
                self._bury(letter, failure)

    def _bury(self, letter: DeadLetter, failure: _Failure) -> None:
        self._book.bury(
            replace(
                letter,
                attempts=letter.attempts + failure.attempts,
                error=failure.error,
                failed_at=datetime.now(UTC),
                replays=False,
            )
        )
        self._observer.gave_up(self._endpoint.name)
        _log.warning(
            "webhook_gave_up",
            endpoint=self._endpoint.name,
            event_id=letter.event.event_id,
            error=failure.error,
        )

    def _attempts(self, event: Event) -> _Failure | None:
        """Send until the endpoint takes the event, or as often as it may be tried."""
        attempt = 0
        while True:
            attempt += 1
            self._check()
            error, asked_s = self._attempt(event)
            if not error:
                lag_s = (datetime.now(UTC) - event.time).total_seconds()
                self._observer.delivered(self._endpoint.name, max(0.0, lag_s))
                return None
            if attempt >= self._endpoint.tries:
                return _Failure(attempt, error)
            self._observer.tried_again(self._endpoint.name)
            self._pause(self._wait_before(attempt + 1, asked_s))

    def _attempt(self, event: Event) -> tuple[str, float | None]:
        """Send once; return what went wrong, "" for nothing, and how long was asked to wait."""
        body = json.dumps(event.cloud_event(), ensure_ascii=False, separators=(",", ":")).encode()
        signed = signed_headers(self._endpoint.keys, event.event_id, int(time.time()), body)
        headers = {"Content-Type": CONTENT_TYPE, **signed}
        try:
            posted = self._poster.post(self._endpoint.url, headers, body, self._call)
        except PostError as error:
            return str(error), None
        return ("" if posted.taken else f"status {posted.status}"), posted.retry_after_s

    def _pause(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            self._closing.wait(min(left, _RENEW_S))
            self._check()
