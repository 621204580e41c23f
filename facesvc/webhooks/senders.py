"""All endpoints' senders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from facesvc.application.ports.deliveries import DeliveryBook, Poster
from facesvc.application.ports.events import EventLog
from facesvc.webhooks.endpoints import WebhookEndpoint
from facesvc.webhooks.sender import DeliveryObserver, Sender


class Senders:
    """A thread an endpoint: none waits for another that is slow."""

    def __init__(
        self,
        endpoints: Sequence[WebhookEndpoint],
        log: EventLog,
        book: DeliveryBook,
        poster: Poster,
        observer: DeliveryObserver,
        keep: timedelta,
    ) -> None:
        self._senders = [
            Sender(endpoint, log, book, poster, observer, keep) for endpoint in endpoints
        ]

    def start(self) -> None:
        """Begin to send."""
        for sender in self._senders:
            sender.start()

    def close(self) -> None:
        """Stop sending."""
        for sender in self._senders:
            sender.close()
