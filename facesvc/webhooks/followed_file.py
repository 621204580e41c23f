"""Takes up changes of the file of endpoints, and of the secrets that it names."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import structlog

from facesvc.webhooks.endpoints import WebhookEndpoint, WebhooksFileError
from facesvc.webhooks.senders import Senders

LOOK_EVERY_S = 2.0

_log = structlog.get_logger(__name__)

# Raises WebhooksFileError.
Read = Callable[[], Sequence[WebhookEndpoint]]
# Is told of each endpoint that was added, removed or changed, and its name.
TellChange = Callable[[str, str], None]


class FollowedFile:
    """Reads the file again and again, from ``start`` to ``close``: a few milliseconds each time,
    and a secret's file counts as well. A mistake leaves the endpoints as they were and is logged
    once.
    """

    def __init__(self, read: Read, senders: Senders, tell_change: TellChange) -> None:
        self._read = read
        self._senders = senders
        self._tell_change = tell_change
        self._mistake = ""
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks-file", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(LOOK_EVERY_S):
            try:
                endpoints = self._read()
            except WebhooksFileError as error:
                if str(error) != self._mistake:
                    _log.error("webhooks stay as they were", reason=str(error))
                self._mistake = str(error)
                continue
            self._mistake = ""
            changes = self._senders.change_to(endpoints)
            for what, name in changes:
                _log.info("webhook_endpoint", endpoint=name, became=what)
                self._tell_change(what, name)
