"""A replica that is behind: what it reads is of later edits than the log's entries."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from facesvc.domain.gallery import EnrollMode
from facesvc.domain.gallery_edits import (
    GalleryEdit,
    SampleDeletion,
    SampleMove,
    UserMerge,
    UserUpdate,
)
from facesvc.gallery.stores.redis.codec import Codec
from facesvc.gallery.stores.redis.local_copy import LocalCopy
from facesvc.gallery.stores.redis.log_feed import BlockingFeed
from facesvc.gallery.stores.redis.store import READ_TIMEOUTS, RedisStore
from facesvc.gallery.stores.redis.toolkit.connection import connect
from facesvc.gallery.stores.redis.toolkit.url import parse_redis_url
from facesvc.gallery.stores.sealing import KeyRing
from harness import redis_servers
from harness.redis_fakes import RecordingSink
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, opened

Edit = Callable[..., GalleryEdit]
KEY = os.urandom(32)


@pytest.fixture(params=redis_servers.ENGINES)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[redis_servers.RedisServer]:
    """A server of the test's own."""
    program = redis_servers.engine(request.param)
    if program.missing:
        pytest.skip(program.missing)
    server = redis_servers.RedisServer(program, tmp_path / "server").start()
    yield server
    server.stop()


# Each leaves entries in the log whose samples are by then another user's, or gone.
EDITS: dict[str, Edit] = {
    "moved": lambda second: SampleMove("staff", "ada", second, "bob"),
    "moved-to-a-new-user": lambda second: SampleMove("staff", "ada", second, "eve", True),
    "merged": lambda _: UserMerge("staff", "bob", "ada"),
    "merged-the-other-way": lambda _: UserMerge("staff", "ada", "bob"),
    "deleted": lambda second: SampleDeletion("staff", "ada", second),
    "renamed": lambda _: UserUpdate("staff", "ada", name="Ada L."),
}


@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
@pytest.mark.parametrize("kind", EDITS)
def test_replica_that_is_behind_an_edit_comes_to_the_same(
    server: redis_servers.RedisServer, kind: str, sealed: bool
) -> None:
    """Version by version, without loading afresh, and with what a new replica loads at the end."""
    ring = KeyRing([KEY]) if sealed else KeyRing()
    gallery = opened(RedisStore(server.patient_url, DIGEST, ring=ring))
    gallery.enroll(face("ada", 1, name="Ada"), CALL)
    connector = connect(parse_redis_url(server.patient_url), READ_TIMEOUTS)
    sink, reached = RecordingSink(), dict[str, int]()
    copy = LocalCopy(connector, DIGEST, Codec(ring), sink, reached.__setitem__)
    copy.load()

    second = gallery.enroll(face("ada", 2, mode=EnrollMode.ADD), CALL).sample_id
    gallery.enroll(face("bob", 3, name="Bob"), CALL)
    gallery.enroll(face("ada", 4, mode=EnrollMode.ADD), CALL)
    gallery.edit(EDITS[kind](second), CALL)
    last = gallery.enroll(face("bob", 5, mode=EnrollMode.ADD), CALL).version

    feed = BlockingFeed(connector, 0.1)
    while reached["staff"] < last:
        copy.follow(feed)
    fresh = RecordingSink()
    store = RedisStore(server.patient_url, DIGEST, ring=ring)
    store.open(fresh)
    assert sink.snapshot() == fresh.snapshot()
    assert sink.resets == 1
    store.close()
    gallery.close()
    connector.close()
