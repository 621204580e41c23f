"""RedisStore through TLS, an ACL user, Sentinel and Cluster."""

from __future__ import annotations

import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import trustme

from facesvc.application.call import Call
from facesvc.domain.errors import StoreUnavailableError
from facesvc.domain.event_cursor import OLDEST
from facesvc.domain.events import Event, EventKind, Retention
from facesvc.gallery.stores.redis.store import RedisStore
from harness import redis_servers
from harness.ports import free_port
from harness.redis_fakes import RECOGNIZER, RecordingSink, enrolment, eventually
from harness.redis_groups import cluster_group, sentinel_group
from harness.tls_proxy import tls_proxy

KEEP = Retention(seconds=86_400, count=1000)
PASSWORD = "p@ss/wörd:%#?"  # every character that a URL would take for its own
# The narrowest user that can do all; docs/gallery-redis.md gives the same lines.
ACL = (
    "on ~facesvc:* +@connection +@read +@write +@scripting +info +time +wait "
    "+config|get +bgrewriteaof +bgsave -flushall -flushdb"
)


@pytest.fixture(params=redis_servers.ENGINES)
def program(request: pytest.FixtureRequest) -> redis_servers.Engine:
    """Give each kind of server that can run here."""
    found = redis_servers.engine(request.param)
    if found.missing:
        pytest.skip(found.missing)
    return found


def assert_events(store: RedisStore) -> None:
    """Each write of work_through has its event, on whichever server; and what is none is kept."""
    log, call = store.events, Call()
    assert log is not None
    log.append([Event(EventKind.CHECKIN_DECIDED, "c1", "u1")], call, wait=True)
    assert log.deliveries.hold("hr", "one", 30)
    events, cursor, more = [], OLDEST, True
    while more:
        page = log.read(cursor, "", 10, call)
        events, cursor, more = [*events, *page.events], page.cursor, page.more
    kinds = Counter(event.kind for event in events)
    assert kinds == {
        EventKind.USER_ENROLLED: 30,
        EventKind.USER_DELETED: 1,
        EventKind.COLLECTION_DELETED: 1,
        EventKind.CHECKIN_DECIDED: 1,
    }
    assert len({event.event_id for event in events}) == len(events)


def work_through(url: str) -> None:
    """Enrol, follow on a second replica, delete, alias, delete the collection."""
    stores = [RedisStore(url=url, recognizer=RECOGNIZER, events=KEEP) for _ in range(2)]
    sinks = [RecordingSink() for _ in stores]
    try:
        for store, sink in zip(stores, sinks, strict=True):
            store.open(sink)
        for n in range(30):
            stores[0].enroll(enrolment(f"u{n}", n, collection=f"c{n % 5}"), Call())
        stores[0].set_alias("people", "c1", Call(2.0))
        stores[0].delete("c0", "u0", Call())
        stores[0].delete_collection("c4", Call())
        stores[1].wait_for("c0", 7, Call(3.0))
        eventually(lambda: len(sinks[1].users) == 23)
        eventually(lambda: dict(sinks[1].catalog.aliases) == {"people": "c1"})
        eventually(lambda: sinks[0].view() == sinks[1].view())
        assert stores[1].samples("c1", ["u1"], Call())[0].user_id == "u1"
        assert_events(stores[1])
        late = RedisStore(url=url, recognizer=RECOGNIZER)
        stores.append(late)
        sinks.append(RecordingSink())
        late.open(sinks[2])
        assert sinks[2].view() == sinks[0].view()
        assert late.purge(Call(30.0)).places
        assert [store.state().state for store in stores] == ["ok"] * 3
    finally:
        for store in stores:
            store.close()


def test_acl_user_with_the_documented_rights(program: redis_servers.Engine, tmp_path: Path) -> None:
    """A user of only the documented commands, with an awkward password, can do everything."""
    server = redis_servers.RedisServer(program, tmp_path / "server").start()
    try:
        client: Any = server.client()
        client.execute_command("ACL", "SETUSER", "facesvc", *ACL.split(), f">{PASSWORD}")
        client.execute_command("ACL", "SETUSER", "default", "off")
        url = f"redis://facesvc:{quote(PASSWORD, safe='')}@127.0.0.1:{server.port}"
        work_through(f"{url}?write_timeout_ms=5000")
        wrong = RedisStore(f"redis://facesvc:wrong@127.0.0.1:{server.port}", RECOGNIZER)
        with pytest.raises(StoreUnavailableError, match="user or password") as refused:
            wrong.open(RecordingSink())
        assert "wrong" not in str(refused.value)
    finally:
        server.stop()


def test_tls_with_a_private_authority(program: redis_servers.Engine, tmp_path: Path) -> None:
    """rediss:// works with the named authority and refuses a server without it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    with tls_server(program, certificate, tmp_path) as port:
        authority_file = quote(str(tmp_path / "ca.pem"), safe="")
        work_through(
            f"rediss://127.0.0.1:{port}?ssl_ca_certs={authority_file}&write_timeout_ms=5000"
        )
        stranger = RedisStore(f"rediss://127.0.0.1:{port}", RECOGNIZER)
        with pytest.raises(StoreUnavailableError):
            stranger.open(RecordingSink())


@contextmanager
def tls_server(
    program: redis_servers.Engine, certificate: trustme.LeafCert, folder: Path
) -> Iterator[int]:
    """Yield the port of a server that speaks TLS, by a proxy where its build has none."""
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    for part in certificate.cert_chain_pems:
        part.write_to_path(str(folder / "cert.pem"), append=True)
    port = free_port()
    files = {"tls-cert-file": str(folder / "cert.pem"), "tls-key-file": str(folder / "key.pem")}
    # Any authority will do: clients show no certificate.
    settings = {"tls-port": str(port), "tls-ca-cert-file": str(folder / "cert.pem")}
    settings |= {"tls-auth-clients": "no"} | files
    server = redis_servers.RedisServer(program, folder / "server", settings)
    try:
        server.start()
    except RuntimeError:
        server.stop()
        server = redis_servers.RedisServer(program, folder / "plain").start()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(files["tls-cert-file"], files["tls-key-file"])
        try:
            with tls_proxy(server.port, context) as port:
                yield port
        finally:
            server.stop()
        return
    try:
        yield port
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("min-replicas-to-write", "1", "too few replicas"),
        ("maxmemory", "1", "out of memory"),
        ("replicaof", "127.0.0.1 1", "is a replica"),
    ],
)
def test_server_that_refuses_writes_is_told_in_words(
    program: redis_servers.Engine, tmp_path: Path, setting: str, value: str, says: str
) -> None:
    """An operator reads what to look at; nothing of the refused write is left behind."""
    server = redis_servers.RedisServer(program, tmp_path / "server").start()
    store, sink = RedisStore(server.patient_url, RECOGNIZER), RecordingSink()
    try:
        store.open(sink)
        store.enroll(enrolment("ann", 1), Call())
        client: Any = server.client()
        if setting == "replicaof":
            client.execute_command("REPLICAOF", *value.split())
        else:
            client.config_set(setting, value)
        for attempt in (enrolment("bob", 2), enrolment("ann", 3)):
            with pytest.raises(StoreUnavailableError, match=says):
                store.enroll(attempt, Call())
        if setting == "replicaof":
            client.execute_command("REPLICAOF", "NO", "ONE")
        else:
            client.config_set(setting, "0")
        assert store.enroll(enrolment("eve", 4), Call()).version == 2
        store.wait_for("default", 2, Call(5.0))  # the copy may have lost its connection
        assert set(sink.users) == {("default", "ann"), ("default", "eve")}
    finally:
        store.close()
        server.stop()


def test_sentinel_url(program: redis_servers.Engine, tmp_path: Path) -> None:
    """The master is found through the sentinels, and writes wait for a replica."""
    with sentinel_group(program, tmp_path, {}) as group:
        work_through(f"{group.url}?wait_replicas=1&write_timeout_ms=5000")


def test_cluster_url(program: redis_servers.Engine, tmp_path: Path) -> None:
    """Collections spread over the slots of three primaries and are followed from all."""
    with cluster_group(program, tmp_path) as servers:
        work_through(f"redis+cluster://127.0.0.1:{servers[0].port}?write_timeout_ms=5000")
        holding = sum(bool(list(one.client().scan_iter("facesvc:*:meta"))) for one in servers)
        assert holding >= 2
