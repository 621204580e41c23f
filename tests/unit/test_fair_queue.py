"""Turns of clients and of their connections."""

from __future__ import annotations

import pytest

from facesvc.admission.fair_queue import FairQueue
from facesvc.application.call import Client

A, B = Client("a"), Client("b")


def queue_of(*items: tuple[Client, str]) -> FairQueue[str]:
    """Return a queue with the items pushed in order."""
    queue: FairQueue[str] = FairQueue()
    for client, item in items:
        queue.push(client, item)
    return queue


def popped(queue: FairQueue[str]) -> str:
    """Return everything in the order in which it is served."""
    return " ".join(queue.pop() for _ in range(len(queue)))


def test_clients_take_turns_however_much_each_has() -> None:
    """The second client's first item comes after one of the first's."""
    queue = queue_of((A, "a1"), (A, "a2"), (A, "a3"), (B, "b1"), (B, "b2"))
    assert popped(queue) == "a1 b1 a2 b2 a3"
    with pytest.raises(KeyError):
        queue.pop()


def test_connections_of_one_client_take_turns() -> None:
    """Callers without keys behind one address are told apart by their connections."""
    other = Client("a", "2")
    queue = queue_of((A, "a1"), (A, "a2"), (B, "b1"), (B, "b2"), (other, "o1"))
    assert popped(queue) == "a1 b1 o1 b2 a2"


@pytest.mark.parametrize("client", [A, B, Client("a", "2"), Client("c")])
def test_place_of_a_newcomer_is_told_as_it_will_be(client: Client) -> None:
    """As many items are served first as ahead_of says."""
    items = [(A, f"a{n}") for n in range(4)]
    items += [(B, "b"), (Client("a", "2"), "a'"), (Client("d"), "d")]
    queue = queue_of(*items)
    ahead = queue.ahead_of(client)
    queue.push(client, "new")
    assert popped(queue).split().index("new") == ahead


def test_longest_line_gives_way_to_a_client_with_far_less() -> None:
    """Its newest item, and only while it has more than twice as many."""
    queue = queue_of((A, "a1"), (A, "a2"), (A, "a3"), (A, "a4"), (B, "b1"))
    assert queue.gives_way_to(B)
    assert queue.drop_for(B) == "a4"
    queue.push(B, "b2")
    assert queue.drop_for(B) is None
    assert queue.drop_for(A) is None
    assert popped(queue) == "a1 b1 a2 b2 a3"


def test_lines_that_differ_little_are_left_alone() -> None:
    """They are served alike, and what has waited is not refused to even them out."""
    other = Client("a", "2")
    queue = queue_of(*((A, f"a{n}") for n in range(5)), (other, "o1"), (other, "o2"))
    assert queue.drop_for(other) is None


def test_longest_connection_gives_way_within_a_client() -> None:
    """A flood on one connection is not every caller's of the same address."""
    queue = queue_of((A, "a1"), (A, "a2"), (A, "a3"))
    assert queue.drop_for(Client("a", "2")) == "a3"
    assert queue.drop_for(A) is None


def test_items_of_patient_clients_stay() -> None:
    """Parts of a longer call are not dropped, and do not count as waiting."""
    patient = Client("a", "", patient=True)
    queue = queue_of((patient, "p1"), (patient, "p2"), (patient, "p3"), (A, "a1"))
    assert queue.drop_for(B) is None
    queue.push(A, "a2")
    assert queue.drop_for(B) == "a2"


def test_removed_item_is_gone_and_nothing_else() -> None:
    """Calls that end leave the queue."""
    queue = queue_of((A, "a1"), (A, "a2"), (B, "b1"))
    assert queue.remove(A, "a1")
    assert not queue.remove(A, "a1")
    assert not queue.remove(Client("c"), "a2")
    assert popped(queue) == "a2 b1"
