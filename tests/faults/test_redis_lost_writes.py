"""A server that lost its last writes: a copy must not keep what only those had shown it.

A follower reads records after the log entry that names them, so it may be shown a later state.
When exactly the writes of that state are lost (an unsynced log, a failover), the log goes on as if
nothing had been, and only the links of the chain tell.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from facesvc.application.call import Call
from facesvc.domain.gallery import WriteReceipt
from facesvc.gallery.stores.redis import scripts
from facesvc.gallery.stores.redis.codec import Codec
from facesvc.gallery.stores.redis.follower import CHECK_S
from facesvc.gallery.stores.redis.toolkit.connection import Timeouts, connect
from facesvc.gallery.stores.redis.toolkit.registry import Registry
from facesvc.gallery.stores.redis.toolkit.requests import Write, WriteRequests
from facesvc.gallery.stores.redis.toolkit.script import Script
from facesvc.gallery.stores.redis.toolkit.url import parse_redis_url
from facesvc.gallery.stores.redis.toolkit.writer import Writer
from harness import redis_servers
from harness.figures import report
from harness.redis_fakes import RECOGNIZER, enrolment, eventually
from tests.faults.redis_faults import assert_heals, divergence, replica


@pytest.fixture(params=redis_servers.ENGINES)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[redis_servers.RedisServer]:
    """Yield a server of the test's own."""
    program = redis_servers.engine(request.param)
    if program.missing:
        pytest.skip(program.missing)
    server = redis_servers.RedisServer(program, tmp_path / "server").start()
    yield server
    server.stop()


REQUESTS = WriteRequests(scripts.WRITES, RECOGNIZER, Codec(), own_args={"log_length": 1_000})


@pytest.fixture
def write(server: redis_servers.RedisServer) -> Iterator[Callable[..., None]]:
    """Yield a function that writes without following."""
    connector = connect(parse_redis_url(server.patient_url), Timeouts(1.0, 5.0))
    writer = Writer(connector, 0, 1.0)

    def submit(*writes: Write) -> None:
        Registry(connector, RECOGNIZER).register("default")
        assert all(isinstance(one, WriteReceipt) for one in writer.submit(writes))

    yield submit
    connector.close()


def put(user_id: str, seed: int, **fields: Any) -> Write:
    """Return the write of a face."""
    return REQUESTS.enroll(enrolment(user_id, seed, **fields))


class Meddling(Script):
    """Does something else around a script's next run for a user."""

    def __init__(
        self, script: Script, user_id: str, before: Callable[[], None], after: Callable[[], None]
    ) -> None:
        vars(self).update(vars(script))
        self._user_id, self._before, self._after = user_id, before, after
        self.done = False

    def run(
        self,
        client: Any,
        keys: Mapping[str, str],
        args: Mapping[str, Any],
        rest: Sequence[Any] = (),
    ) -> Any:
        """Run it."""
        if self.done or self._user_id not in rest:
            return super().run(client, keys, args, rest)
        self._before()
        answer = super().run(client, keys, args, rest)
        self._after()
        self.done = True
        return answer


@pytest.mark.parametrize("later", ["delete", "replace"])
def test_state_of_a_lost_write_does_not_stay(
    server: redis_servers.RedisServer,
    write: Callable[..., None],
    later: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The copy saw ann deleted, or replaced, by a write that the server then lost."""
    kept = tmp_path / "kept"

    def write_on() -> None:
        shutil.copytree(server.folder, kept)
        if later == "delete":
            write(REQUESTS.delete("default", "ann", "", None))
        else:
            write(put("ann", 3, name="Never"))

    def lose_it() -> None:
        server.kill()
        server.wipe()
        shutil.copytree(kept, server.folder, dirs_exist_ok=True)
        server.start()

    with replica(server.patient_url) as (store, sink):
        write(put("bob", 1))
        store.wait_for("default", 1, Call(5.0))
        meddling = Meddling(scripts.FETCH, "ann", write_on, lose_it)
        monkeypatch.setattr(scripts, "FETCH", meddling)
        write(put("ann", 2))
        eventually(lambda: meddling.done, 10)
        time.sleep(2 * CHECK_S)
        assert_heals((store, sink))
        assert divergence(server.patient_url, [sink]) == 0
        assert sink.view()["default", "ann"][0] == "Ann"
    _tell(server, later)


def test_write_sent_again_to_another_history_is_another_link(
    server: redis_servers.RedisServer, write: Callable[..., None]
) -> None:
    """The last write of two histories may be one that was sent twice: they still differ."""
    kept, lost, again = put("kept", 1), put("lost", 2), put("again", 3)
    with replica(server.patient_url) as (store, sink):
        write(lost, again)
        store.wait_for("default", 2, Call(5.0))
        server.client().flushall()
        write(kept, again)
        time.sleep(2 * CHECK_S)
        assert_heals((store, sink))
        assert divergence(server.patient_url, [sink]) == 0
        assert set(sink.users) == {("default", "kept"), ("default", "again")}
    _tell(server, "sent again")


def _tell(server: redis_servers.RedisServer, what: str) -> None:
    key = f"redis-lost-{what.replace(' ', '-')}-{server.engine.name}"
    report(key, server=f"{server.engine.name}: {what} lost", divergence=0)
