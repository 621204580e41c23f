"""Web servers that are slow, endless, lying, compressing, badly certified or never there."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event

import psutil
import pytest
import trustme

from facesvc.application.call import Call
from facesvc.domain.errors import (
    CallEndedError,
    FaceError,
    ImageFetchFailedError,
    ImageTooLargeError,
    ImageUrlRefusedError,
)
from facesvc.images.fetch import AllowList, FetchLimits, HttpImageSource
from facesvc.images.fetch.connection import Connection
from facesvc.images.fetch.fetch_budget import FetchBudget
from harness.figures import record
from tests.intake_servers import Behaviour, answer, drip, hang, redirect, serving

LOOPBACK = AllowList.parse("127.0.0.0/8")
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
DEADLINE_S = 0.5
MIB = 1024 * 1024


def test_slow_servers_are_left_at_the_deadline() -> None:
    """A byte now and then, in whatever part of an answer, buys no time beyond the deadline."""
    stop = threading.Event()
    behaviours: dict[str, Behaviour] = {
        "silence": hang,
        "status line": drip(b"HTTP/1.1 2", b"0", 0.02, stop),
        "headers": drip(HEAD, b"A: b\r\n", 0.02, stop),
        "continue": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.02, stop),
        "body": drip(HEAD + b"Content-Length: 9000\r\n\r\n", b"x", 0.02, stop),
        "endless body": drip(HEAD + b"\r\n", b"x", 0.02, stop),
        "chunks": drip(CHUNKED, b"1\r\nx\r\n", 0.02, stop),
        "chunk size": drip(CHUNKED, b"0", 0.02, stop),
        "trailers": drip(CHUNKED + b"1\r\nx\r\n0\r\n", b"A: b\r\n", 0.02, stop),
    }
    overshoots = {}
    for name, behaviour in behaviours.items():
        with serving(behaviour) as server:
            overshoots[name] = _overshoot_ms(HttpImageSource(_quick(), LOOPBACK), server.url())
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"https://127.0.0.1:{mute.getsockname()[1]}/"
        overshoots["handshake"] = _overshoot_ms(HttpImageSource(_quick(), LOOPBACK), url)
    asked = threading.Event()
    lost = HttpImageSource(_quick(), LOOPBACK, lookup=lambda _: [str(asked.wait(5))])
    overshoots["lookup"] = _overshoot_ms(lost, "http://a.example/")
    asked.set()
    for name in [name for name, late in overshoots.items() if late > 100]:
        # A busy machine may have been late itself; a server that buys time does so every time.
        with serving(behaviours.get(name, hang)) as server:
            overshoots[name] = _overshoot_ms(HttpImageSource(_quick(), LOOPBACK), server.url())
    stop.set()
    worst = max(overshoots, key=lambda name: overshoots[name])
    assert overshoots[worst] < 100, overshoots
    record("slow", f"{len(overshoots)} ways: at most {overshoots[worst]:.0f} ms over the deadline")


def _quick() -> FetchLimits:
    return FetchLimits(timeout_s=DEADLINE_S)


def _overshoot_ms(source: HttpImageSource, url: str) -> float:
    started = time.monotonic()
    with pytest.raises(ImageFetchFailedError) as failed:
        source.fetch(url, Call())
    assert failed.value.metadata["cause"] == "timeout"
    return (time.monotonic() - started - DEADLINE_S) * 1000


def test_endless_answers_are_cut_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than the limit and an allowance for headers is ever read."""
    cap, counts = MIB, [0]
    plain = Connection.receive

    def counted(self: Connection, at_most: int, budget: FetchBudget) -> bytes:
        data = plain(self, at_most, budget)
        counts[-1] += len(data)
        return data

    monkeypatch.setattr(Connection, "receive", counted)
    stop = threading.Event()
    block = b"x" * 65536
    heads = {
        "plain": (HEAD + b"\r\n", block),
        "false length": (HEAD + b"Content-Length: 1048576\r\n\r\n", block),
        "chunked": (CHUNKED, b"10000\r\n" + block + b"\r\n"),
        "small chunks": (CHUNKED, b"1\r\nx\r\n" * 8000),
        "chunk extension": (CHUNKED, b"1;" + block),
        "huge chunk": (CHUNKED + b"ffffffffff\r\n", block),
        "headers": (HEAD, b"A: " + block[:60000] + b"\r\n"),
        "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    }
    for name, (head, piece) in heads.items():
        source = HttpImageSource(FetchLimits(max_bytes=cap), LOOPBACK)
        with serving(drip(head, piece, 0.0, stop)) as server:
            try:
                body = source.fetch(server.url(), Call())
            except FaceError as error:
                assert isinstance(error, (ImageTooLargeError, ImageFetchFailedError)), name
            else:
                assert (name, len(body)) == ("false length", cap)
        counts.append(0)
    stop.set()
    over = max(counts) - cap
    assert over <= 64 * 1024, counts
    record("endless", f"{len(heads)} ways: at most the cap and {over / 1024:.0f} KiB read")


def test_compressed_bodies_are_refused_unread() -> None:
    """A compression bomb is not unpacked, not even received."""
    bomb = gzip.compress(bytes(64 * MIB))
    process, source = psutil.Process(), HttpImageSource(allow=LOOPBACK)
    with serving(answer(b"small")) as server:
        source.fetch(server.url(), Call())
    before = process.memory_info().rss
    for encoding in ("gzip", "deflate", "br", "zstd", "identity, gzip", "GZIP"):
        header = f"Content-Encoding: {encoding}"
        with serving(answer(bomb, header)) as server, pytest.raises(ImageFetchFailedError) as no:
            source.fetch(server.url(), Call())
        assert no.value.metadata["cause"] == "encoding"
        assert b"Accept-Encoding: identity" in server.requests[0]
    grown = (process.memory_info().rss - before) / MIB
    assert grown < 5
    record("compressed", f"6 encodings of a 64 MiB bomb refused: +{max(0.0, grown):.1f} MB")


def test_redirects_never_leave_the_rules() -> None:
    """Each hop meets the rules of a caller's URL; loops and chains end after three."""
    with serving(answer(b"inner")) as inner:
        port = inner.port
        targets = [
            f"http://10.0.0.1:{port}/",
            f"http://[::1]:{port}/",
            f"//[::ffff:127.0.0.1]:{port}/",
            f"http://0x7f.1:{port}/",
            f"http://user@127.0.0.1:{port}/",
            f"http://localhost:{port}/",
            "http://169.254.169.254/",
            "file:///etc/passwd",
            "gopher://127.0.0.1/",
            f"\\\\127.0.0.1:{port}",
            "http://127.0.0.1:99999/",
            "/loop",
        ]
        refused = 0
        for target in targets:
            with serving(redirect(target)) as server:
                # Only the first server's port is allowed, nothing else on this machine.
                allow = AllowList.parse(server.authority)
                source = HttpImageSource(allow=allow, lookup=lambda _: ["127.0.0.1"])
                with pytest.raises(ImageUrlRefusedError):
                    source.fetch(server.url(), Call())
                refused += 1
                assert len(server.requests) <= 4
        assert inner.connections == 0
    record("redirects", f"{refused} targets: 0 connections to them")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority that the fetcher under test trusts."""
    return trustme.CA()


def test_wrong_certificates_are_refused(authority: trustme.CA) -> None:
    """The host's name in a valid, trusted certificate, or no request is sent."""
    now = datetime.now(UTC)
    day = timedelta(days=1)
    issuers: dict[str, Callable[[], trustme.LeafCert]] = {
        "another name": lambda: authority.issue_cert("other.example"),
        "a part of the name": lambda: authority.issue_cert("example"),
        "a wildcard too high": lambda: authority.issue_cert("*.example"),
        "the address instead": lambda: authority.issue_cert("127.0.0.1"),
        "expired": lambda: authority.issue_cert(
            "img.photos.example", not_before=now - 2 * day, not_after=now - day
        ),
        "not yet valid": lambda: authority.issue_cert(
            "img.photos.example", not_before=now + day, not_after=now + 2 * day
        ),
        "unknown authority": lambda: trustme.CA().issue_cert("img.photos.example"),
    }
    source = _trusting(authority)
    for name, issue in issuers.items():
        with serving(answer(b"picture"), tls=_server_tls(issue())) as server:
            with pytest.raises(ImageFetchFailedError) as failed:
                source.fetch(f"https://img.photos.example:{server.port}/", Call())
            assert failed.value.metadata["cause"] == "certificate", name
            assert server.requests == [], name
    good = authority.issue_cert("img.photos.example", "127.0.0.1")
    with serving(answer(b"picture"), tls=_server_tls(good)) as server:
        for host in ("img.photos.example", "127.0.0.1"):
            for _ in range(2):
                url = f"https://{host}:{server.port}/"
                assert source.fetch(url, Call()) == b"picture"
        assert server.connections == 2
    record("certificates", f"{len(issuers)} wrong certificates: 0 accepted, 0 requests sent")


def test_https_never_falls_back_to_http(authority: trustme.CA) -> None:
    """A redirect cannot take the encryption away."""
    good = _server_tls(authority.issue_cert("img.photos.example"))
    with (
        serving(answer(b"picture")) as plain,
        serving(redirect(plain.url()), tls=good) as server,
        pytest.raises(ImageUrlRefusedError) as refused,
    ):
        _trusting(authority).fetch(f"https://img.photos.example:{server.port}/", Call())
    assert refused.value.metadata["rule"] == "redirect_scheme"
    assert plain.connections == 0


def _server_tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def _trusting(authority: trustme.CA) -> HttpImageSource:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return HttpImageSource(
        FetchLimits(timeout_s=2), LOOPBACK, tls=context, lookup=lambda _: ["127.0.0.1"]
    )


def test_cancelled_call_closes_the_socket_in_every_phase() -> None:
    """Wherever a fetch is, the end of its call is the end of its connection."""
    stop = threading.Event()
    phases: dict[str, tuple[Behaviour, bool]] = {
        "answer": (hang, False),
        "headers": (drip(HEAD, b"A: b\r\n", 0.02, stop), False),
        "body": (drip(HEAD + b"\r\n", b"x", 0.02, stop), False),
        "handshake": (hang, True),
    }
    waits = {}
    for name, (behaviour, mute) in phases.items():
        with serving(behaviour) as server:
            call, cancelled = Call(), []

            begun = server.connected if mute else server.asked

            def end(
                call: Call = call, cancelled: list[float] = cancelled, begun: Event = begun
            ) -> None:
                begun.wait(5)
                time.sleep(0.05)
                cancelled.append(time.monotonic())
                call.cancel()

            threading.Thread(target=end).start()
            url = server.url().replace("http:", "https:") if mute else server.url()
            with pytest.raises(CallEndedError):
                HttpImageSource(allow=LOOPBACK).fetch(url, call)
            assert server.hung_up.wait(1), name
            waits[name] = (time.monotonic() - cancelled[0]) * 1000
    stop.set()
    assert max(waits.values()) < 200, waits
    record("cancelled", f"{len(waits)} phases: socket closed after {max(waits.values()):.0f} ms")


def test_connection_that_never_comes_about_ends_with_the_call() -> None:
    """Cancellation also ends a connect that nobody answers."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = []
        for _ in range(3):  # fill the backlog, so that further SYNs are dropped
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
            waiting.append(client)
        call = Call()
        threading.Timer(0.15, call.cancel).start()
        started = time.monotonic()
        with pytest.raises(CallEndedError):
            HttpImageSource(allow=LOOPBACK).fetch(f"http://127.0.0.1:{port}/", call)
        assert time.monotonic() - started < 1
        for client in waiting:
            client.close()
