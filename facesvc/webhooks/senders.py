"""All endpoints' senders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from facesvc.application.ports.deliveries import DeliveryBook, Poster
from facesvc.application.ports.events import EventLog
from facesvc.domain.named_changes import named_changes
from facesvc.webhooks.endpoints import WebhookEndpoint
from facesvc.webhooks.sender import DeliveryObserver, Sender


class Senders:
    """A thread an endpoint: none waits for another that is slow. Used by one thread a time."""

    def __init__(
        self,
        endpoints: Sequence[WebhookEndpoint],
        log: EventLog,
        book: DeliveryBook,
        poster: Poster,
        observer: DeliveryObserver,
        keep: timedelta,
    ) -> None:
        self._log = log
        self._book = book
        self._poster = poster
        self._observer = observer
        self._keep = keep
        self._endpoints = {endpoint.name: endpoint for endpoint in endpoints}
        self._senders = {endpoint.name: self._sender_of(endpoint) for endpoint in endpoints}

    def start(self) -> None:
        """Begin to send."""
        for sender in self._senders.values():
            sender.start()

    def close(self) -> None:
        """Stop sending."""
        for sender in self._senders.values():
            sender.close()

    def change_to(self, endpoints: Sequence[WebhookEndpoint]) -> list[tuple[str, str]]:
        """Send to these endpoints from now on; return what became of which: added, removed or
        changed. One that is the same goes on undisturbed, one that changed goes on where it was.
        """
        after = {endpoint.name: endpoint for endpoint in endpoints}
        changes = named_changes(self._endpoints, after)
        self._endpoints = after
        for what, name in changes:
            if what != "added":
                self._senders.pop(name).close()
            if what != "removed":
                self._senders[name] = self._sender_of(after[name])
                self._senders[name].start()
        return changes

    def _sender_of(self, endpoint: WebhookEndpoint) -> Sender:
        return Sender(endpoint, self._log, self._book, self._poster, self._observer, self._keep)
