"""Whose an address is."""

from __future__ import annotations

import pytest

from facesvc.transport.networks import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::1", "::/64"),
        ("key attendance worker", "key attendance worker"),
        ("", ""),
    ],
)
def test_ipv6_counts_by_the_part_that_a_subscriber_cannot_choose(
    address: str, network: str
) -> None:
    """IPv4 counts by address, and what is none as it is."""
    assert network_of(address) == network
