"""Shares of slots, messages on their way, limits of messages and keys."""

from __future__ import annotations

import pytest

from facesvc.application.call import Client
from facesvc.domain.access import Caller, Limits, Scope
from facesvc.domain.errors import CallEndedError, FaceError, OverloadedError
from facesvc.transport.arrival.clients import Clients, with_key
from facesvc.transport.arrival.key_limits import KeyLimits
from facesvc.transport.arrival.shares import Shares
from facesvc.transport.arrival.unread import UnreadCalls, UnreadLimits
from facesvc.transport.message_limits import KIB, MIB, MessageLimits


def taken(shares: Shares, client: Client, wanted: int = 1000) -> int:
    """Return how many slots the client gets that asks for more."""
    return sum(shares.acquire(client) for _ in range(wanted))


def test_one_client_gets_three_in_four_and_its_connection_as_many_of_these() -> None:
    """Whoever comes next finds some left."""
    shares = Shares(100)
    assert taken(shares, Client("a", "1")) == 57
    assert taken(shares, Client("a", "2")) == 14
    assert taken(shares, Client("b", "1")) == 17
    assert taken(shares, Client("c", "1")) > 0
    assert shares.held < 100


def test_slots_that_are_given_back_are_free() -> None:
    """And nothing is remembered of who held them."""
    shares, client = Shares(8), Client("a")
    for _ in range(3):
        held = taken(shares, client)
        assert held == 5
        for _ in range(held):
            shares.release(client)
    assert shares.held == 0
    assert taken(Shares(1), client) == 1


class Ends:
    """What became of calls on their way."""

    def __init__(self) -> None:
        self.errors: dict[str, FaceError] = {}

    def of(self, call: str) -> object:
        """Return what ends this call."""
        return lambda error: self.errors.__setitem__(call, error)


def unread_with(
    ends: Ends, limits: UnreadLimits, calls: list[tuple[str, Client]], memory: list[int]
) -> UnreadCalls:
    """Return calls on their way in a process that has the last of ``memory`` allocated."""
    unread = UnreadCalls(limits, lambda: memory[-1])
    for call, client in calls:
        unread.add(call, client, ends.of(call))  # type: ignore[arg-type] # takes the error
    return unread


def test_newcomer_displaces_the_oldest_of_the_largest_line() -> None:
    """Of the client with the most, the connection with the most."""
    ends, greedy = Ends(), Client("a", "1")
    calls = [("b", Client("b")), ("a2", Client("a", "2")), ("a1", greedy), ("a1'", greedy)]
    unread = unread_with(ends, UnreadLimits(calls=4), calls, [0])
    unread.add("c", Client("c"), ends.of("c"))  # type: ignore[arg-type]
    assert list(ends.errors) == ["a1"]
    assert isinstance(ends.errors["a1"], OverloadedError)
    assert not unread.remove("a1")
    assert unread.remove("b")
    assert len(unread) == 3


def test_memory_of_messages_on_their_way_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the largest line as many go as it takes, and only calls that have been waiting long."""
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    ends, memory = Ends(), [10 * MIB]
    calls = [(f"a{n}", Client("a")) for n in range(6)] + [("b", Client("b"))]
    unread = unread_with(ends, UnreadLimits(memory_bytes=50 * MIB), calls, memory)
    memory.append(55 * MIB)
    now[0] += 0.3
    unread.look()
    assert ends.errors == {}
    memory.append(70 * MIB)
    unread.look()
    assert sorted(ends.errors) == ["a0", "a1", "a2", "a3", "a4"]  # 35 of 60 MiB
    now[0] += 60
    memory.append(10 * MIB)
    unread.look()
    assert isinstance(ends.errors["b"], CallEndedError)
    assert len(unread) == 0


def test_call_alone_on_its_connection_has_a_moment_to_arrive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However much memory an attacker's calls take beside it: half a second later it may go."""
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    ends, memory = Ends(), [0]
    calls = [(f"a{n}", Client("a", "1")) for n in range(6)]
    unread = unread_with(ends, UnreadLimits(memory_bytes=50 * MIB), calls, memory)
    now[0] += 0.5
    unread.add("b", Client("a", "2"), ends.of("b"))  # type: ignore[arg-type]
    unread.add("c", Client("c", "3"), ends.of("c"))  # type: ignore[arg-type]
    memory.append(5000 * MIB)
    unread.look()
    assert sorted(ends.errors) == ["a0", "a1", "a2", "a3", "a4", "a5"]
    now[0] += 0.5
    unread.look()
    assert {"b", "c"} & set(ends.errors)


def test_memory_that_grows_without_waiting_calls_is_normal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gallery that grows ends no upload."""
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    ends, memory = Ends(), [0]
    unread = unread_with(ends, UnreadLimits(memory_bytes=50 * MIB), [], memory)
    memory.append(500 * MIB)
    for number in range(60):  # calls come and go; this one is never old
        unread.add(number, Client("a"), ends.of("a"))  # type: ignore[arg-type]
        now[0] += 0.05
        unread.look()
        unread.remove(number)
    unread.add("slow", Client("a"), ends.of("slow"))  # type: ignore[arg-type]
    now[0] += 1
    unread.look()
    assert ends.errors == {}


def test_messages_are_limited_by_what_their_call_is_for() -> None:
    """From the size of a photo, not by one number for all."""
    limits = MessageLimits(10 * MIB)
    assert limits.of("/facesvc.v1.FaceService/Embed") == 14 * MIB + 64 * KIB
    assert limits.of("/facesvc.v1.FaceService/Compare") == 28 * MIB + 64 * KIB
    assert limits.of("/facesvc.v1.GalleryService/StreamEnroll") == 14 * MIB + 64 * KIB
    assert limits.of("/facesvc.v1.GalleryService/ImportGallery") == 10 * MIB
    assert limits.of("/facesvc.v1.GalleryService/ListGallery") == MIB
    assert limits.of("/facesvc.v1.FaceService/BatchEmbed") == limits.largest
    assert limits.largest < 41 * MIB
    assert MessageLimits(1024).largest > 32 * MIB  # as a REST call's body


@pytest.mark.parametrize(
    ("peer", "client"),
    [
        ("ipv4:10.1.2.3:4567", Client("10.1.2.3", "4567")),
        ("ipv6:%5B2001:db8::1%5D:4567", Client("2001:db8::1", "4567")),
    ],
)
def test_client_is_an_address_and_its_connection(peer: str, client: Client) -> None:
    """As gRPC spells them."""
    assert Clients().client_of(peer, ()) == client


def test_gateways_word_is_taken_beside_its_secret_only() -> None:
    """And none without a secret, an empty one neither."""
    peer = [("x-facesvc-peer", "192.0.2.7:99")]
    gateway = Client("127.0.0.1", "1")
    secret, wrong = ("x-facesvc-gateway", "secret"), ("x-facesvc-gateway", "other")
    clients = Clients("secret")
    assert clients.client_of("ipv4:127.0.0.1:1", [*peer, secret]) == Client("192.0.2.7", "99")
    assert clients.client_of("ipv4:127.0.0.1:1", [*peer, wrong]) == gateway
    assert clients.client_of("ipv4:127.0.0.1:1", peer) == gateway
    assert clients.client_of("ipv4:127.0.0.1:1", [secret]) == gateway
    assert Clients().client_of("ipv4:127.0.0.1:1", [*peer, ("x-facesvc-gateway", "")]) == gateway


def test_holder_of_a_key_is_one_client_wherever_it_calls_from() -> None:
    """Its connections are still told apart."""
    holder = Caller("worker", frozenset({Scope.SEARCH}))
    clients = [with_key(Client("10.0.0.1", port), holder) for port in "12"]
    assert clients[0].name == clients[1].name != "worker"
    assert clients[0].connection != clients[1].connection


def test_rate_lets_a_seconds_worth_through_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then as many as it says; the error says when the next may come."""
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    limits, holder = KeyLimits(), Caller("w", frozenset({Scope.SEARCH}), limits=Limits(rate=4.0))

    def enters() -> bool:
        try:
            limits.enter(holder, is_stream=False)
        except OverloadedError as error:
            assert 0 < error.retry_after_s <= 0.25
            return False
        limits.leave(holder, is_stream=False)
        return True

    assert [enters() for _ in range(6)] == [True] * 4 + [False] * 2
    now[0] += 0.5
    assert [enters() for _ in range(3)] == [True, True, False]
