"""RedisStore on real servers: what is written, read, followed and refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from facesvc.application.call import Call
from facesvc.domain.errors import (
    CollectionNotFoundError,
    InvalidFieldError,
    ModelMismatchError,
    StoreUnavailableError,
    UserNotFoundError,
    VersionConflictError,
)
from facesvc.domain.gallery import MAX_SAMPLES_PER_USER, EnrollMode, Origin, WriteReceipt
from facesvc.gallery.stores.redis.store import RedisStore
from harness import redis_servers
from harness.redis_fakes import (
    OTHER_RECOGNIZER,
    RECOGNIZER,
    RecordingSink,
    enrolment,
    eventually,
    face,
)

Replica = tuple[RedisStore, RecordingSink]


@pytest.fixture(scope="module", params=redis_servers.ENGINES)
def shared_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[redis_servers.RedisServer]:
    """Yield one server of each kind for the whole file."""
    program = redis_servers.engine(request.param)
    if program.missing:
        pytest.skip(program.missing)
    server = redis_servers.RedisServer(program, tmp_path_factory.mktemp(program.name)).start()
    yield server
    server.stop()


@pytest.fixture
def server(shared_server: redis_servers.RedisServer) -> redis_servers.RedisServer:
    """Empty the server before a test."""
    shared_server.client().flushall()
    return shared_server


class Replicas:
    """Opens stores on one server and closes them again."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._open: list[RedisStore] = []

    def start(self, recognizer: str = RECOGNIZER) -> Replica:
        store, sink = RedisStore(url=self._url, recognizer=recognizer), RecordingSink()
        self._open.append(store)
        store.open(sink)
        return store, sink

    def close(self) -> None:
        for store in self._open:
            store.close()


@pytest.fixture
def replicas(server: redis_servers.RedisServer) -> Iterator[Replicas]:
    """Open replicas that are closed after the test."""
    opened = Replicas(server.patient_url)
    yield opened
    opened.close()


def test_enrolment_is_shown_before_the_answer(replicas: Replicas) -> None:
    """Enroll returns only after the replica's own copy has the face."""
    store, sink = replicas.start()
    receipt = store.enroll(enrolment("ann", 1, metadata={"floor": 3}), Call())
    assert (receipt.version, receipt.samples, receipt.removed) == (1, 1, 0)
    assert receipt.sample_id
    user = sink.users["default", "ann"]
    assert (user.name, user.metadata, user.version) == ("Ann", {"floor": 3}, 1)
    assert sink.embeddings["default", "ann"] == [face(1).tobytes()]


def test_other_replica_reads_what_was_written(replicas: Replicas) -> None:
    """wait_for gives read-your-writes on any replica."""
    first, _ = replicas.start()
    second, sink = replicas.start()
    for seed in range(20):
        receipt = first.enroll(enrolment(f"user-{seed}", seed), Call())
        second.wait_for("default", receipt.version, Call(2.0))
        assert sink.embeddings["default", f"user-{seed}"] == [face(seed).tobytes()]
    assert sink.resets == 1


def test_later_replica_loads_the_same(replicas: Replicas) -> None:
    """A replica that starts late ends up with the same users and faces."""
    store, sink = replicas.start()
    many = [enrolment(f"u{n}", n, collection=f"c{n % 3}") for n in range(700)]
    assert all(isinstance(one, WriteReceipt) for one in store.enroll_many(many, Call()))
    store.enroll(enrolment("u0", 9000, collection="c0", mode=EnrollMode.ADD), Call())
    store.delete("c1", "u1", Call())
    _, late = replicas.start()
    assert late.view() == sink.view()
    assert late.versions == sink.versions
    assert len(late.users) == 699


def test_replace_and_add(replicas: Replicas) -> None:
    """REPLACE leaves one sample, ADD keeps the earlier ones; receipts count them."""
    store, sink = replicas.start()
    store.enroll(enrolment("ann", 1), Call())
    added = store.enroll(enrolment("ann", 2, mode=EnrollMode.ADD, name="Anna"), Call())
    assert (added.samples, added.removed) == (2, 0)
    assert sink.users["default", "ann"].name == "Anna"
    replaced = store.enroll(enrolment("ann", 3), Call())
    assert (replaced.samples, replaced.removed) == (1, 2)
    assert sink.embeddings["default", "ann"] == [face(3).tobytes()]


def test_samples_are_read_back_oldest_first(replicas: Replicas) -> None:
    """What samples gives exactly what was enrolled, in order, nothing for the unknown."""
    store, _ = replicas.start()
    made = datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    store.enroll(enrolment("ann", 1, quality=0.25, origin=Origin(made, made)), Call())
    store.enroll(enrolment("ann", 2, mode=EnrollMode.ADD), Call())
    samples = store.samples("default", ["nobody", "ann"], Call())
    assert [sample.version for sample in samples] == [1, 2]
    np.testing.assert_array_equal(samples[0].embedding, face(1))
    assert samples[0].created_at == made
    assert samples[0].quality == 0.25
    assert samples[0].recognizer == RECOGNIZER


def test_user_keeps_its_origin_when_replaced(replicas: Replicas) -> None:
    """created_at is the user's first enrolment, updated_at the last."""
    store, sink = replicas.start()
    made = datetime(2020, 1, 2, tzinfo=UTC)
    store.enroll(enrolment("ann", 1, origin=Origin(made, made)), Call())
    store.enroll(enrolment("ann", 2), Call())
    user = sink.users["default", "ann"]
    assert user.created_at == made
    assert abs((user.updated_at - datetime.now(UTC)).total_seconds()) < 60


@pytest.mark.parametrize("batch", [False, True])
def test_replayed_enrolment_is_one_version(replicas: Replicas, batch: bool) -> None:
    """The same request_id five times gives the same receipt and one version."""
    store, sink = replicas.start()
    again = [enrolment("ann", n, request_id="r-1", mode=EnrollMode.ADD) for n in range(5)]
    if batch:
        receipts = store.enroll_many(again, Call())
    else:
        receipts = [store.enroll(one, Call()) for one in again]
    assert len({repr(receipt) for receipt in receipts}) == 1
    assert sink.versions["default"] == 1
    assert sink.embeddings["default", "ann"] == [face(0).tobytes()]


def test_replayed_deletion_is_one_version(replicas: Replicas) -> None:
    """A deletion may be repeated with its request_id, although the user is gone."""
    store, _ = replicas.start()
    store.enroll(enrolment("ann", 1), Call())
    receipts = [store.delete("default", "ann", Call(), request_id="d-1") for _ in range(5)]
    assert {receipt.version for receipt in receipts} == {2}
    assert receipts[0].removed == 1


def test_request_id_of_another_write_is_refused(replicas: Replicas) -> None:
    """A request_id means one write: another user or kind of write is an error naming it."""
    store, _ = replicas.start()
    store.enroll(enrolment("ann", 1, request_id="r-1"), Call())
    with pytest.raises(InvalidFieldError) as refused:
        store.enroll(enrolment("bob", 1, request_id="r-1"), Call())
    assert refused.value.field == "request_id"
    with pytest.raises(InvalidFieldError):
        store.delete("default", "ann", Call(), request_id="r-1")


def test_expected_version_guards_a_write(replicas: Replicas) -> None:
    """A write goes through only while the user has the expected version; 0 means absent."""
    store, _ = replicas.start()
    store.enroll(enrolment("ann", 1, expected_version=0), Call())
    with pytest.raises(VersionConflictError):
        store.enroll(enrolment("ann", 2, expected_version=0), Call())
    store.enroll(enrolment("bob", 3), Call())
    store.enroll(enrolment("ann", 2, expected_version=1), Call())
    with pytest.raises(VersionConflictError) as conflict:
        store.delete("default", "ann", Call(), expected_version=1)
    assert conflict.value.metadata["actual"] == "3"
    assert store.delete("default", "ann", Call(), expected_version=3).version == 4


def test_unknown_user_cannot_be_deleted(replicas: Replicas) -> None:
    """Deleting nobody is an error and no version."""
    store, sink = replicas.start()
    with pytest.raises(UserNotFoundError):
        store.delete("default", "nobody", Call())
    assert sink.versions.get("default", 0) == 0


def test_samples_of_a_user_are_bounded(replicas: Replicas) -> None:
    """One more than MAX_SAMPLES_PER_USER names the field mode; REPLACE still works."""
    store, _ = replicas.start()
    add = [enrolment("ann", n, mode=EnrollMode.ADD) for n in range(MAX_SAMPLES_PER_USER + 1)]
    outcomes = store.enroll_many(add, Call())
    assert isinstance(outcomes[-2], WriteReceipt)
    assert isinstance(outcomes[-1], InvalidFieldError)
    assert outcomes[-1].field == "mode"
    assert store.enroll(enrolment("ann", 1), Call()).removed == MAX_SAMPLES_PER_USER


def test_collections_do_not_mix(replicas: Replicas) -> None:
    """The same user in two collections is two users with versions of their own."""
    store, sink = replicas.start()
    store.enroll(enrolment("ann", 1, collection="east"), Call())
    store.enroll(enrolment("ann", 2, collection="we}st{"), Call())
    store.delete("east", "ann", Call())
    assert sink.versions == {"east": 2, "we}st{": 1}
    assert set(sink.users) == {("we}st{", "ann")}


def test_new_collection_reaches_other_replicas(replicas: Replicas) -> None:
    """A collection made after a replica's start is followed without loading afresh."""
    first, _ = replicas.start()
    second, sink = replicas.start()
    receipt = first.enroll(enrolment("ann", 1, collection="new"), Call())
    second.wait_for("new", receipt.version, Call(2.0))
    assert ("new", "ann") in sink.users
    assert sink.resets == 1


def test_deleted_collection_is_gone_and_its_versions_go_on(
    replicas: Replicas, server: redis_servers.RedisServer
) -> None:
    """Every record goes, replicas follow, a new enrolment continues the counter."""
    first, _ = replicas.start()
    second, sink = replicas.start()
    first.enroll_many([enrolment(f"u{n}", n) for n in range(300)], Call())
    receipt = first.delete_collection("default", Call())
    assert receipt.version == 301
    second.wait_for("default", 301, Call(2.0))
    assert sink.users == {}
    assert not list(server.client().scan_iter("*:s:*"))
    assert not list(server.client().scan_iter("*:u:*"))
    with pytest.raises(CollectionNotFoundError):
        first.delete_collection("default", Call())
    assert first.enroll(enrolment("ann", 1), Call()).version == 302
    second.wait_for("default", 302, Call(2.0))
    assert set(sink.users) == {("default", "ann")}


def test_other_recognizers_gallery_is_refused(replicas: Replicas) -> None:
    """A service with another pack does not start on it, and nothing is lost."""
    store, sink = replicas.start()
    store.enroll(enrolment("ann", 1), Call())
    with pytest.raises(ModelMismatchError):
        replicas.start(OTHER_RECOGNIZER)
    store.enroll(enrolment("bob", 2), Call())
    assert len(sink.users) == 2


def test_two_recognizers_live_side_by_side_in_collections(replicas: Replicas) -> None:
    """Each serves its own collections, names the other's, and cannot write to them."""
    old, old_sink = replicas.start()
    new, new_sink = replicas.start(OTHER_RECOGNIZER)
    old.enroll(enrolment("ann", 1, collection="staff"), Call())
    new.enroll(enrolment("ann", 2, collection="staff-2"), Call())
    with pytest.raises(ModelMismatchError):
        new.enroll(enrolment("bob", 3, collection="staff"), Call())
    with pytest.raises(ModelMismatchError):
        new.delete("staff", "ann", Call())
    eventually(lambda: dict(new_sink.catalog.foreign) == {"staff": RECOGNIZER})
    eventually(lambda: dict(old_sink.catalog.foreign) == {"staff-2": OTHER_RECOGNIZER})
    assert set(old_sink.users) == {("staff", "ann")}
    new.delete_collection("staff", Call())
    eventually(lambda: not old_sink.users)
    eventually(lambda: not new_sink.catalog.foreign)
    new.enroll(enrolment("eve", 4, collection="staff"), Call())
    eventually(lambda: dict(old_sink.catalog.foreign).keys() == {"staff", "staff-2"})
    assert old_sink.users == {}
    assert set(new_sink.users) == {("staff-2", "ann"), ("staff", "eve")}


def test_alias_reaches_every_replica_of_its_recognizer(replicas: Replicas) -> None:
    """set_alias returns after the own sink knows; others follow; "" forgets it."""
    first, sink = replicas.start()
    _, other = replicas.start()
    _, stranger = replicas.start(OTHER_RECOGNIZER)
    first.set_alias("people", "default", Call(2.0))
    assert dict(sink.catalog.aliases) == {"people": "default"}
    eventually(lambda: dict(other.catalog.aliases) == {"people": "default"})
    first.set_alias("people", "", Call(2.0))
    assert not sink.catalog.aliases
    eventually(lambda: not other.catalog.aliases)
    assert not stranger.catalog.aliases


def test_version_that_does_not_come_is_unavailable(replicas: Replicas) -> None:
    """A read that asks for the future fails when the caller's deadline passes."""
    store, _ = replicas.start()
    with pytest.raises(StoreUnavailableError):
        store.wait_for("default", 1, Call(0.1))


def test_nothing_personal_is_in_the_log(
    replicas: Replicas, server: redis_servers.RedisServer
) -> None:
    """The stream carries ids and nonces only: no name, no metadata, no embedding."""
    store, _ = replicas.start()
    store.enroll(enrolment("ann", 1, name="Ann Smith", metadata={"badge": "4711"}), Call())
    raw = repr(server.client().xrange("facesvc:{default}:log"))
    assert "Smith" not in raw
    assert "4711" not in raw
    assert len(raw) < 400


def test_purge_leaves_no_byte_in_the_files(
    replicas: Replicas, server: redis_servers.RedisServer, tmp_path: Path
) -> None:
    """After a deletion and a purge the append-only file holds nothing of the user."""
    store, _ = replicas.start()
    store.enroll(enrolment("ann-the-erased", 1, name="Ann Erased"), Call())
    store.enroll(enrolment("bob", 2), Call())
    needles = [face(1).tobytes()[:64], b"Ann Erased", b"ann-the-erased"]
    files = [path for path in server.folder.rglob("*aof*") if path.is_file()]
    assert all(any(needle in path.read_bytes() for path in files) for needle in needles)
    store.delete("default", "ann-the-erased", Call())
    receipt = store.purge(Call(30.0))
    assert receipt.places
    for path in server.folder.rglob("*"):
        if path.is_file():
            assert not any(needle in path.read_bytes() for needle in needles), path
    assert store.enroll(enrolment("eve", 3), Call()).version == 4


def test_warnings_tell_what_can_lose_data(replicas: Replicas) -> None:
    """With an append-only file synced at every write there is nothing to warn about."""
    store, _ = replicas.start()
    assert store.warnings == []
