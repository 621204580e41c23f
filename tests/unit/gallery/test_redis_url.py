"""What REDIS_URL may say."""

from __future__ import annotations

import pytest

from facesvc.gallery.stores.redis.toolkit.url import RedisUrlError, Topology, parse_redis_url


def test_plain_url() -> None:
    """Host and port have defaults, the path is the database."""
    target = parse_redis_url("redis://cache.example/3")
    assert (target.topology, target.tls, target.nodes, target.db) == (
        Topology.SINGLE,
        False,
        (("cache.example", 6379),),
        3,
    )
    assert (target.username, target.password, target.wait_replicas) == (None, None, 0)


def test_user_and_password_are_percent_decoded() -> None:
    """Any character may be in a password once it is encoded."""
    target = parse_redis_url("rediss://face%40svc:p%40ss%2Fw%3A%25%23@[::1]:7000")
    assert (target.username, target.password) == ("face@svc", "p@ss/w:%#")
    assert target.tls
    assert target.nodes == (("::1", 7000),)
    assert parse_redis_url("redis://:secret@h").username is None


def test_password_is_not_shown() -> None:
    """Neither the representation nor the label has it."""
    target = parse_redis_url("redis+sentinel://u:hush@a,b:1/faces?sentinel_password=quiet")
    assert "hush" not in repr(target) + target.label
    assert "quiet" not in repr(target) + target.label


def test_sentinel_url() -> None:
    """Several sentinels, the service, the database and the sentinels' own login."""
    target = parse_redis_url(
        "rediss+sentinel://u:p@s1,s2:26380,[::1]:5/faces/2"
        "?sentinel_username=s&sentinel_password=t&wait_replicas=1&write_timeout_ms=400"
    )
    assert target.topology is Topology.SENTINEL
    assert target.nodes == (("s1", 26379), ("s2", 26380), ("::1", 5))
    assert (target.service, target.db, target.tls) == ("faces", 2, True)
    assert target.sentinel_login == {"username": "s", "password": "t"}
    assert (target.wait_replicas, target.write_timeout_s) == (1, 0.4)


def test_cluster_url() -> None:
    """Seeds, and TLS files of this machine."""
    target = parse_redis_url("rediss+cluster://a:1,b:2?ssl_ca_certs=%2Fetc%2Fca.pem")
    assert target.topology is Topology.CLUSTER
    assert target.nodes == (("a", 1), ("b", 2))
    assert target.tls_files == {"ssl_ca_certs": "/etc/ca.pem"}


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "start with"),
        ("http://h", "start with"),
        ("redis://", "host"),
        ("redis://h:port", "host"),
        ("redis://a,b", "several hosts"),
        ("redis://h/x", "database number"),
        ("redis://h/1/2", "database number"),
        ("redis+sentinel://h", "master's name"),
        ("redis+cluster://h/1", "database 0"),
        ("redis://h?ssl_cert_reqs=none", "ssl_cert_reqs"),
        ("redis://h?ssl_ca_certs=x", "ssl_ca_certs"),
        ("redis://h?wait_replicas=-1", "wait_replicas"),
        ("redis://h?write_timeout_ms=5", "write_timeout_ms"),
    ],
)
def test_unusable_urls_are_refused_in_words(url: str, says: str) -> None:
    """The error names what is wrong; TLS checks cannot be turned off by a parameter."""
    with pytest.raises(RedisUrlError, match=says):
        parse_redis_url(url)


def test_error_does_not_show_the_password() -> None:
    """A wrong URL may still hold a right password."""
    with pytest.raises(RedisUrlError) as refused:
        parse_redis_url("redis://u:hush@h/none?x=1")
    assert "hush" not in str(refused.value)
