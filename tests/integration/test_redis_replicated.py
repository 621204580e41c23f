"""With wait_replicas durable decisions and sightings are on a replica when they are answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from facesvc.application.sightings import Sightings
from facesvc.domain.collection_settings import CollectionSettings, KeptSettings
from facesvc.domain.event_cursor import OLDEST
from facesvc.domain.events import Event, EventKind, Retention
from facesvc.domain.gallery import Match
from facesvc.domain.gallery_errors import WriteUnreplicatedError
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.redis.store import RedisStore
from harness import redis_servers
from harness.redis_groups import sentinel_group
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, opened

KEEP = Retention(seconds=86_400, count=1000)


def decided() -> Event:
    """Return a decision that was made now."""
    data = {"decision": "MATCH", "reasons": []}
    return Event(EventKind.CHECKIN_DECIDED, "staff", "ada", data)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[str]:
    """A server without a replica, in which Ada is enrolled."""
    server = redis_servers.RedisServer(redis_servers.engine("valkey"), tmp_path / "alone").start()
    gallery = at(server.patient_url)
    gallery.enroll(face("ada", 1), CALL)
    gallery.close()
    yield server.url
    server.stop()


def at(url: str) -> IndexedGallery:
    """Return the open gallery of a URL, with events."""
    return opened(RedisStore(url, DIGEST, events=KEEP))


def test_durable_decision_that_no_replica_has_is_refused(alone: str) -> None:
    """The caller is told that a failover may lose it; where nobody waits it is kept as before."""
    gallery = at(f"{alone}?wait_replicas=1&write_timeout_ms=400")
    log = gallery.events
    assert log is not None
    with pytest.raises(WriteUnreplicatedError):
        log.append([decided()], CALL, wait=True)
    log.append([decided()], CALL, wait=False)
    gallery.close()


def test_sighting_that_no_replica_has_is_tried_again(alone: str) -> None:
    """It is noted still, and the answer does not fail."""
    gallery = at(f"{alone}?wait_replicas=1&write_timeout_ms=400")
    with pytest.raises(WriteUnreplicatedError):
        gallery.mark_seen("staff", {"ada": datetime.now(UTC)}, CALL)
    kept = KeptSettings(CollectionSettings(retention_days=30), 1, datetime.now(UTC))
    gallery._store.put_settings("staff", kept, CALL)  # type: ignore[attr-defined]
    sightings = Sightings(gallery)
    sightings.note("staff", [Match("ada", 0.9, "")], lambda: 0.45)
    with pytest.raises(WriteUnreplicatedError):
        sightings.flush(CALL)
    gallery.close()


def test_durable_decision_and_sighting_are_on_a_replica_when_answered(tmp_path: Path) -> None:
    """Also the first time, when the server does not know the scripts yet."""
    with sentinel_group(redis_servers.engine("valkey"), tmp_path, {}) as group:
        gallery = at(f"{group.url}?wait_replicas=1&write_timeout_ms=5000")
        gallery.enroll(face("ada", 1), CALL)
        log = gallery.events
        assert log is not None
        log.append([decided()], CALL, wait=True)
        gallery.mark_seen("staff", {"ada": datetime.now(UTC)}, CALL)
        events = log.read(OLDEST, "staff", 10, CALL).events
        assert [event.kind for event in events] == [
            EventKind.USER_ENROLLED,
            EventKind.CHECKIN_DECIDED,
        ]
        assert gallery.last_seen("staff", ["ada"], CALL).keys() == {"ada"}
        gallery.close()
