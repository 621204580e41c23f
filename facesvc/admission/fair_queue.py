"""A queue that serves clients in turn, and the connections of a client in turn."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

from facesvc.application.call import Client

Item = TypeVar("Item")
_Lines = OrderedDict[Client, deque[Item]]  # of one client's connections


class FairQueue(Generic[Item]):
    """Round robin over clients, within a client over its connections, within a connection by
    arrival. Not thread-safe.

    A client that has much waiting delays itself only: another's first item is served after one
    of each client that waits.
    """

    def __init__(self) -> None:
        self._clients: OrderedDict[str, _Lines[Item]] = OrderedDict()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def push(self, client: Client, item: Item) -> None:
        """Put the item at the end of its connection's line."""
        lines = self._clients.setdefault(client.name, OrderedDict())
        lines.setdefault(client, deque()).append(item)
        self._length += 1

    def pop(self) -> Item:
        """Remove and return the next item. Raises KeyError when there is none."""
        name, lines = self._clients.popitem(last=False)
        client, line = lines.popitem(last=False)
        item = line.popleft()
        self._length -= 1
        if line:
            lines[client] = line  # again the last to have its turn
        if lines:
            self._clients[name] = lines
        return item

    def remove(self, client: Client, item: Item) -> bool:
        """Remove the item wherever it stands; return whether it was there."""
        lines = self._clients.get(client.name)
        line = lines.get(client) if lines else None
        if not lines or not line or item not in line:
            return False
        line.remove(item)
        self._length -= 1
        if not line:
            del lines[client]
        if not lines:
            del self._clients[client.name]
        return True

    def ahead_of(self, client: Client) -> int:
        """Return how many items would be served before one that this client pushed now."""
        own: _Lines[Item] = self._clients.get(client.name, OrderedDict())
        before = len(own.get(client, ()))
        ahead = before + sum(min(len(own[each]), before + 1) for each in own if each != client)
        return ahead + sum(
            min(sum(map(len, lines.values())), ahead + 1)
            for name, lines in self._clients.items()
            if name != client.name
        )

    def gives_way_to(self, client: Client) -> bool:
        """Tell whether ``drop_for`` would find an item."""
        return self._longer_line(client) is not None

    def drop_for(self, client: Client) -> Item | None:
        """Make room for this client where another has far more waiting: remove and return the
        newest item of the longest line, None when no line is twice as long as this client's.

        Clients are compared first; where this one's is the longest, its connections. Patient
        clients' items stay. Lines that differ less are served alike, since they take turns; to
        even them out would only refuse calls that have waited.
        """
        longest = self._longer_line(client)
        if longest is None:
            return None
        item = self._clients[longest.name][longest][-1]
        self.remove(longest, item)
        return item

    def _longer_line(self, client: Client) -> Client | None:
        counts = {name: _impatient(lines) for name, lines in self._clients.items()}
        own = counts.get(client.name, 0)
        name = max(counts, key=counts.__getitem__, default=client.name)
        if _far_more(counts.get(name, 0), own):
            return _longest(self._clients[name])
        if own == 0 or own < counts[name]:
            return None
        lines = self._clients[client.name]
        longest = _longest(lines)
        return longest if _far_more(len(lines[longest]), len(lines.get(client, ()))) else None


def _far_more(others: int, own: int) -> bool:
    return others > 2 * own + 1


def _impatient(lines: _Lines[Item]) -> int:
    return sum(len(line) for client, line in lines.items() if not client.patient)


def _longest(lines: _Lines[Item]) -> Client:
    return max((each for each in lines if not each.patient), key=lambda each: len(lines[each]))
