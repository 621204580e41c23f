"""The fetcher against servers on loopback, good and bad."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from facesvc.application.call import Call
from facesvc.domain.errors import (
    CallEndedError,
    FaceError,
    ImageFetchFailedError,
    ImageTooLargeError,
    ImageUrlRefusedError,
    OverloadedError,
)
from facesvc.images.fetch import AllowList, FetchLimits, HttpImageSource
from facesvc.images.fetch.host_headers import HostHeaders
from facesvc.images.fetch.url import parse_url
from tests.intake_servers import answer, drip, hang, raw, redirect, serving

LOOPBACK = AllowList.parse("127.0.0.0/8,[::1]")


def source(lookup: Callable[[str], list[str]] | None = None, **limits: object) -> HttpImageSource:
    """Return a fetcher that may fetch from loopback."""
    options = {} if lookup is None else {"lookup": lookup}
    return HttpImageSource(FetchLimits(**limits), LOOPBACK, **options)  # type: ignore[arg-type]


def test_body_is_returned_and_connection_kept() -> None:
    """Two images of one host travel over one connection."""
    with serving(answer(b"picture")) as server:
        fetcher = source()
        assert [fetcher.fetch(server.url("/a?b=c"), Call()) for _ in range(2)] == [b"picture"] * 2
        assert server.connections == 1
        assert server.requests[0].split(b"\r\n")[:2] == [
            b"GET /a?b=c HTTP/1.1",
            f"Host: {server.authority}".encode(),
        ]
        assert b"Accept-Encoding: identity" in server.requests[0]


def test_connection_is_not_kept_after_the_server_said_close() -> None:
    """Connection: close is honoured."""
    with serving(answer(b"picture", "Connection: close")) as server:
        fetcher = source()
        for _ in range(2):
            assert fetcher.fetch(server.url(), Call()) == b"picture"
        assert server.connections == 2


def test_server_that_dropped_the_idle_connection_is_asked_again() -> None:
    """A stale kept connection costs a new one, not an error."""
    first = threading.Event()

    def once_per_connection(client: socket.socket, request: bytes) -> None:
        if request in seen:
            raise ConnectionResetError
        answer(b"picture")(client, request)
        if first.is_set():
            return
        first.set()
        client.shutdown(socket.SHUT_RDWR)

    seen: list[bytes] = []
    with serving(once_per_connection) as server:
        fetcher = source()
        assert fetcher.fetch(server.url(), Call()) == b"picture"
        server.hung_up.wait(1)
        assert fetcher.fetch(server.url(), Call()) == b"picture"
        assert server.connections == 2


def test_chunked_body_is_joined() -> None:
    """Chunked transfer is understood."""
    response = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\npic\r\n4\r\nture\r\n0\r\n\r\n"
    )
    with serving(raw(response)) as server:
        assert source().fetch(server.url(), Call()) == b"picture"


@pytest.mark.parametrize(
    ("response", "cause"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "status"),
        (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "redirect"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nx", "encoding"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npicture", "truncated"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Length: 8\r\n\r\npicture", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\npic", "truncated"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "protocol"),
        (b"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\n\r\n", "redirect"),
        (b"HTTP/1.1 206 Partial\r\nContent-Length: 3\r\n\r\npic", "status"),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", "status"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n", "protocol"),
        (b"HTTP/2 200\r\n\r\n", "protocol"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\npic", "protocol"),
        (b"SSH-2.0-OpenSSH\r\n", "protocol"),
        (b"", "connection"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 30_000 + b"\r\n", "protocol"),
    ],
)
def test_bad_answers_are_failed_fetches(response: bytes, cause: str) -> None:
    """Whatever the server does wrong is IMAGE_FETCH_FAILED with its cause."""
    with serving(raw(response)) as server, pytest.raises(ImageFetchFailedError) as failed:
        source().fetch(server.url(), Call())
    assert failed.value.metadata["cause"] == cause


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_body_over_the_limit_is_too_large(head: bytes) -> None:
    """The cap holds, announced or not."""
    with serving(raw(head + bytes(1001))) as server, pytest.raises(ImageTooLargeError):
        source(max_bytes=1000).fetch(server.url(), Call())


def test_body_of_exactly_the_limit_is_taken() -> None:
    """The cap is inclusive."""
    with serving(answer(bytes(1000))) as server:
        assert len(source(max_bytes=1000).fetch(server.url(), Call())) == 1000


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: "],
    ids=["slow-body", "slow-headers"],
)
def test_slow_server_is_held_to_one_deadline(head: bytes) -> None:
    """A byte now and then does not extend the deadline."""
    stop = threading.Event()
    with serving(drip(head, b"x", 0.02, stop)) as server:
        started = time.monotonic()
        with pytest.raises(ImageFetchFailedError) as failed:
            source(timeout_s=0.3).fetch(server.url(), Call())
        took = time.monotonic() - started
        stop.set()
    assert failed.value.metadata["cause"] == "timeout"
    assert 0.25 < took < 0.6


def test_call_deadline_ends_the_fetch() -> None:
    """A caller with less patience than the limit is not answered with a failed fetch."""
    with serving(hang) as server, pytest.raises(CallEndedError):
        source().fetch(server.url(), Call(0.1))


def test_cancelled_call_closes_the_socket_at_once() -> None:
    """The server sees the end of a cancelled call while the fetch would still wait."""
    with serving(hang) as server:
        call = Call()
        threading.Thread(target=lambda: server.asked.wait(5) and call.cancel()).start()
        started = time.monotonic()
        with pytest.raises(CallEndedError):
            source().fetch(server.url(), call)
        assert server.hung_up.wait(1)
        assert time.monotonic() - started < 2  # the fetch alone would take 5


def test_hanging_resolver_does_not_hold_the_call() -> None:
    """The fetch ends on time although the lookup does not."""
    release = threading.Event()

    def lookup(_: str) -> list[str]:
        release.wait(10)
        return ["127.0.0.1"]

    fetcher = source(lookup, timeout_s=0.2, max_lookups=1)
    started = time.monotonic()
    with pytest.raises(ImageFetchFailedError) as failed:
        fetcher.fetch("http://a.example/", Call())
    assert failed.value.metadata["cause"] == "timeout"
    with pytest.raises(ImageFetchFailedError) as busy:
        fetcher.fetch("http://b.example/", Call())
    assert busy.value.metadata["cause"] == "dns"
    assert time.monotonic() - started < 0.6
    release.set()


def test_cancelled_call_leaves_a_hanging_lookup() -> None:
    """Cancellation wakes the wait for DNS too."""
    release, call = threading.Event(), Call()
    fetcher = source(lambda _: (release.wait(10) and []) or [])
    threading.Timer(0.1, call.cancel).start()
    started = time.monotonic()
    with pytest.raises(CallEndedError):
        fetcher.fetch("http://a.example/", call)
    assert time.monotonic() - started < 0.5
    release.set()


def test_name_is_looked_up_once_and_every_answer_checked() -> None:
    """One forbidden answer refuses all of them, and nobody is asked twice."""
    asked: list[str] = []

    def lookup(host: str) -> list[str]:
        asked.append(host)
        return ["93.184.216.34", "10.0.0.1"]

    with pytest.raises(ImageUrlRefusedError) as refused:
        source(lookup).fetch("http://a.example/", Call())
    assert refused.value.metadata == {"rule": "address"}
    assert asked == ["a.example"]


def test_next_address_is_tried_when_the_first_is_unreachable() -> None:
    """A dead address of a host does not lose the image."""
    with serving(answer(b"picture")) as server:
        fetcher = source(lambda _: ["127.0.0.9", "127.0.0.1"])
        assert fetcher.fetch(f"http://a.example:{server.port}/", Call()) == b"picture"


def test_redirects_are_followed_and_counted() -> None:
    """Three redirects are followed, a fourth is refused."""
    with ExitStack() as servers:
        url = servers.enter_context(serving(answer(b"picture"))).url()
        for _ in range(3):
            url = servers.enter_context(serving(redirect(url))).url()
        assert source().fetch(url, Call()) == b"picture"
        url = servers.enter_context(serving(redirect(url))).url()
        with pytest.raises(ImageUrlRefusedError) as refused:
            source().fetch(url, Call())
    assert refused.value.metadata == {"rule": "redirects"}


@pytest.mark.parametrize("target", ["http://10.0.0.1/", "http://169.254.169.254/", "file:///x"])
def test_redirects_out_of_the_allowed_are_refused(target: str) -> None:
    """Being allowed to fetch from a host does not allow it to send us further."""
    with serving(redirect(target)) as server, pytest.raises(ImageUrlRefusedError):
        source().fetch(server.url(), Call())


JPEG = b"\xff\xd8\xff\xe0" + bytes(2000)


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.0 200 OK\r\n\r\n" + JPEG,
        b"HTTP/1.1 200\r\nContent-Length: 2004\r\n\r\n" + JPEG,
        b"HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 2004\n\n" + JPEG,
        b"HTTP/1.1 200 OK\r\nContent-Length: 2004\r\nContent-Length: 2004\r\n\r\n" + JPEG,
        b"HTTP/1.1 200 OK\r\nContent-Length: 2004\r\nX-Folded: a\r\n b\r\n\r\n" + JPEG,
        b"HTTP/1.1 200 OK\r\nX-Latin: \xe9\r\nContent-Length: 2004\r\n\r\n" + JPEG,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2004\r\n\r\n" + JPEG,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: UTF-8\r\n\r\n" + JPEG,
        b"HTTP/1.1 203 Non-Authoritative\r\nContent-Length: 2004\r\n\r\n" + JPEG,
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 2004\r\n\r\n" + JPEG,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nTrailer: X\r\n\r\n"
        b"7d4;a=b\r\n" + JPEG + b"\r\n0\r\nX: y\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n"
        b"7D4\r\n" + JPEG + b"\r\n0\r\n\r\n",
    ],
    ids=[
        *("http-1.0", "no-reason", "bare-lf", "length-twice", "folded", "latin-1"),
        *("called-gzip", "called-utf-8", "203", "informational", "trailers", "length-and-chunked"),
    ],
)
def test_answers_as_servers_write_them_are_understood(response: bytes) -> None:
    """What curl and browsers take for a photo is a photo here, whatever its labels say."""
    with serving(raw(response)) as server:
        assert source().fetch(server.url(), Call()) == JPEG


@pytest.mark.parametrize(
    "head",
    [
        "Location: /photo%20of anna.jpg?a=b c\r\nContent-Length: 0",
        "Location:   photo%20of anna.jpg?a=b c#face  \r\nContent-Length: 3\r\n\r\nabc",
        "Location: ../up/photo%20of anna.jpg?a=b c",
        "location: /photo%20of anna.jpg?a=b c\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        "Location: /photo%20of anna.jpg?a=b c\r\nLocation: /photo%20of anna.jpg?a=b c",
    ],
    ids=["spaces", "relative", "no-length", "chunked", "twice"],
)
def test_redirects_as_servers_write_them_are_followed(head: str) -> None:
    """Relative, with spaces, with and without a body, on the same connection or a new one."""

    def behave(client: socket.socket, request: bytes) -> None:
        if b"photo%20of%20anna.jpg?a=b%20c HTTP" in request:
            answer(b"picture")(client, request)
            return
        client.sendall(f"HTTP/1.1 308 Permanent Redirect\r\n{head}\r\n\r\n".encode())
        if "Length: 0" not in head:
            client.shutdown(socket.SHUT_RDWR)

    with serving(behave) as server:
        assert source().fetch(server.url("/"), Call()) == b"picture"


def test_slow_start_within_the_deadline_is_waited_for() -> None:
    """A server that makes the picture first has the whole deadline for it."""

    def behave(client: socket.socket, request: bytes) -> None:
        time.sleep(0.4)
        answer(b"picture")(client, request)

    with serving(behave) as server:
        assert source(timeout_s=2.0).fetch(server.url(), Call()) == b"picture"


def test_signed_url_of_8_kib_arrives_whole() -> None:
    """Object stores sign with tokens of kilobytes."""
    with serving(answer(b"picture")) as server:
        url = server.url("/a.jpg?X-Amz-Security-Token=")
        url += "t" * (8192 - len(url))
        assert source().fetch(url, Call()) == b"picture"
        assert len(server.requests[0].split()[1]) == len(url) - len(server.url(""))


@pytest.mark.parametrize("url", ["s3://bucket/a.jpg", "gs://bucket/a.jpg"])
def test_object_store_urls_are_refused_with_what_to_do(url: str) -> None:
    """The service has no credentials of a store: its owner signs a URL."""
    with pytest.raises(ImageUrlRefusedError, match="sign") as refused:
        source().fetch(url, Call())
    assert refused.value.metadata == {"rule": "scheme"}


def test_an_operators_headers_go_to_their_host_only() -> None:
    """A private store gets its key; where it redirects to does not."""
    with serving(answer(b"picture")) as other, serving(redirect(other.url())) as store:
        given = f'{{"127.0.0.1:{store.port}": {{"Authorization": "Bearer k"}}}}'
        headers = HostHeaders.parse(given, frozenset({"127.0.0.1"}), "photos/1.0")
        fetcher = HttpImageSource(FetchLimits(), LOOPBACK, headers=headers)
        assert fetcher.fetch(store.url(), Call()) == b"picture"
    assert b"Authorization: Bearer k" in store.requests[0]
    assert b"User-Agent: photos/1.0" in store.requests[0]
    assert b"Authorization" not in other.requests[0]
    assert b"User-Agent: photos/1.0" in other.requests[0]


def test_headers_are_not_sent_in_the_open_unless_the_host_is_named() -> None:
    """Without TLS everyone on the way could read a key."""
    headers = HostHeaders.parse('{"a.example": {"X-Key": "k"}, "a.example:80": {"X-Key": "k"}}')
    assert headers.of(parse_url("https://a.example/"))[1:] == (("X-Key", "k"),)
    assert headers.of(parse_url("http://a.example/"))[1:] == ()
    assert headers.of(parse_url("https://b.a.example/"))[1:] == ()


@pytest.mark.parametrize(
    "text",
    [
        *("{", "[]", '{"a b": {}}', '{"a": "b"}', '{"a": {"Host": "b"}}', '{"a": {"x y": "b"}}'),
        *('{"a": {"x": "secret\\r\\ny: z"}}', '{"a": {"x": 5}}', '{"a": {"Content-Length": "5"}}'),
    ],
)
def test_headers_that_cannot_be_sent_are_refused_at_start(text: str) -> None:
    """With the host and the name, never the value."""
    with pytest.raises(ValueError) as refused:
        HostHeaders.parse(text)
    assert "secret" not in str(refused.value)


def test_proxy_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment cannot send fetches through a proxy."""
    with serving(answer(b"proxied")) as proxy, serving(answer(b"picture")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url())
        assert source().fetch(server.url(), Call()) == b"picture"
        assert proxy.connections == 0


def test_fetching_can_be_turned_off() -> None:
    """IMAGE_URL_FETCH=false refuses every URL."""
    with serving(answer(b"picture")) as server, pytest.raises(ImageUrlRefusedError) as refused:
        HttpImageSource(allow=LOOPBACK, enabled=False).fetch(server.url(), Call())
    assert refused.value.metadata == {"rule": "disabled"}


def test_fetches_beyond_the_limit_wait_for_their_turn() -> None:
    """One slot: the second fetch waits, a third without patience gives up."""
    stop = threading.Event()
    with serving(drip(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.01, stop)) as slow:
        fetcher = source(max_concurrent=1, timeout_s=0.5)
        outcomes: list[str] = []

        def fetch(url: str, call: Call) -> None:
            try:
                outcomes.append(fetcher.fetch(url, call).decode()[:1])
            except FaceError as error:
                outcomes.append(error.reason)

        first = threading.Thread(target=fetch, args=(slow.url(), Call()))
        first.start()
        time.sleep(0.1)
        fetch(slow.url(), Call(0.05))
        assert outcomes == ["CALL_ENDED"]
        with serving(answer(b"picture")) as server:
            second = threading.Thread(target=fetch, args=(server.url(), Call()))
            second.start()
            stop.set()
            first.join()
            second.join()
        assert outcomes[1:] == ["x", "p"]


def test_waiting_for_a_slot_is_bounded() -> None:
    """A caller without a deadline of its own is told to come back."""
    with pytest.raises(OverloadedError):
        source(max_concurrent=0, timeout_s=0.05).fetch("http://127.0.0.1/", Call())
