"""Refusals of wrong keys that are held back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from facesvc.transport.arrival.certificates import forwarded_names, names_of
from facesvc.transport.arrival.guesses import Guesses, GuessLimits

LIMITS = GuessLimits(free=2, first_s=0.1, most_s=0.3, a_peer=2, held=3)


class Told:
    """When each refusal was told, seconds since the start."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self._began = time.monotonic()

    def of(self, name: str) -> Callable[[], None]:
        """Return what notes a refusal."""
        return lambda: self.at.update({name: time.monotonic() - self._began})

    def wait(self, count: int) -> None:
        """Return when so many were told."""
        deadline = time.monotonic() + 10
        while len(self.at) < count:
            assert time.monotonic() < deadline
            time.sleep(0.005)


def test_each_further_guess_is_answered_later() -> None:
    """At once, at once, after 0.1 s, after 0.2 s."""
    guesses, told = Guesses(LIMITS), Told()
    for name in "abcd":
        guesses.hold("a", told.of(name))
    assert set(told.at) == {"a", "b"}
    told.wait(4)
    assert 0.1 <= told.at["c"] < told.at["d"]
    assert told.at["d"] >= 0.2


def test_what_is_held_is_bounded_and_holds_no_thread() -> None:
    """Two of a peer and three in all; further ones are told at once, in the caller's thread."""
    guesses, told = Guesses(GuessLimits(free=0, first_s=5, most_s=5, a_peer=2, held=3)), Told()
    before = threading.active_count()
    for peer, name in (("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("c", "c1")):
        guesses.hold(peer, told.of(name))
    assert set(told.at) == {"a3", "c1"}
    assert threading.active_count() <= before + 1
    guesses.close()
    told.wait(5)
    guesses.hold("a", told.of("later"))
    assert "later" in told.at


def test_peers_are_told_apart_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another address' first guess is answered at once, and one's own after the window."""
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    guesses, told = Guesses(GuessLimits(free=1, first_s=1e9, most_s=1e9)), []
    for peer in ("a", "a", "b"):
        guesses.hold(peer, lambda peer=peer: told.append(peer))  # type: ignore[misc]
    assert told == ["a", "b"]
    now[0] += 700
    guesses.hold("a", lambda: told.append("a"))
    assert told == ["a", "b", "a"]


def test_names_of_a_certificate_as_grpc_tells_them() -> None:
    """Subject and alternative names, each of its kind."""
    told = {
        "x509_common_name": [b"worker 7"],
        "peer_dns": [b"w7.example.com", b"w8.example.com"],
        "peer_uri": [b"spiffe://example.com/w7"],
        "transport_security_type": [b"ssl"],
    }
    assert names_of(told) == (
        "cn:worker 7",
        "dns:w7.example.com",
        "dns:w8.example.com",
        "uri:spiffe://example.com/w7",
    )
    assert names_of({}) == ()


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("Hash=ab;Subject=\"CN=worker 7,O=Example\";DNS=w7", ["cn:worker 7", "dns:w7"]),
        ("Hash=ab;Subject=\"O=CN\\\\=forged,CN=real\"", ["cn:real"]),
        ("Hash=ab;Subject=\"CN=a\\\\,CN\\\\=b\"", ["cn:a,CN=b"]),
        ("Hash=ab;URI=spiffe://example.com/w7;Subject=\"\"", ["uri:spiffe://example.com/w7"]),
        ("Hash=ab;Subject=\"O=x;DNS=forged.example.com\"", []),
    ],
)  # fmt: skip
def test_names_of_a_certificate_as_envoy_forwards_them(header: str, names: list[str]) -> None:
    """Quoted parts hide no names of their own."""
    assert list(forwarded_names(header)) == names
