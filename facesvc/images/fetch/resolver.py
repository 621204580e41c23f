"""Name lookups that cannot hold a call: the system's resolver, in threads that may be left behind.

The system's resolver is used, so that /etc/hosts, search domains and the platform's name services
mean the same here as elsewhere, but it cannot be interrupted. A caller therefore waits for a
thread only as long as it has budget; the thread ends when the resolver gives up.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address

from facesvc.images.fetch.fetch_budget import FetchBudget
from facesvc.images.fetch.url import Address

Lookup = Callable[[str], list[str]]


def system_lookup(host: str) -> list[str]:
    """Return every address of a name, IPv4 and IPv6, in the system's order. Raises OSError."""
    answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


class _Answer:
    """What one thread brings back."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.addresses: list[Address] = []
        self.error: Exception | None = None


class Resolver:
    """Looks names up once each, in at most ``max_lookups`` daemon threads at a time."""

    def __init__(self, max_lookups: int, lookup: Lookup = system_lookup) -> None:
        self._lookup = lookup
        self._places = threading.BoundedSemaphore(max_lookups)

    def resolve(self, host: str, budget: FetchBudget) -> list[Address]:
        """Return the addresses, at least one. Raises OSError, TimeoutError, CallEndedError."""
        if not self._places.acquire(blocking=False):
            raise socket.gaierror(socket.EAI_AGAIN, "too many lookups are hanging")
        answer = _Answer()
        thread = threading.Thread(
            target=self._run, args=(host, answer), name="image-host-lookup", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            self._places.release()
            raise socket.gaierror(socket.EAI_AGAIN, "no thread for a lookup") from error
        forget = budget.call.on_end(answer.ready.set)
        try:
            answer.ready.wait(budget.remaining_s())
        finally:
            forget()
        budget.remaining_s()
        if answer.error is not None:
            raise answer.error
        if not answer.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        return answer.addresses

    def _run(self, host: str, answer: _Answer) -> None:
        try:
            answer.addresses = [ip_address(text) for text in self._lookup(host)]
        except (OSError, ValueError) as error:
            answer.error = error
        finally:
            self._places.release()
            answer.ready.set()
