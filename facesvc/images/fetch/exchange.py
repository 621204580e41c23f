"""One request and its bounded response; h11 speaks the protocol (RFC 9112), and does no I/O."""

from __future__ import annotations

from dataclasses import dataclass

import h11

from facesvc.domain.errors import ImageFetchFailedError, ImageTooLargeError
from facesvc.images.decode.signatures import container_of
from facesvc.images.fetch.connection import Connection
from facesvc.images.fetch.fetch_budget import FetchBudget
from facesvc.images.fetch.url import WebUrl

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GOOD = frozenset({200, 203})  # 203: a proxy on the way changed headers
HEADER_ALLOWANCE = 64 * 1024  # status line, headers and the framing of chunks
_PIECE = 64 * 1024
_HIGHEST_DRAINED = 16 * 1024  # a redirect's body worth reading to keep the connection
_SIGNATURE_BYTES = 64

# Names and values, as they are sent.
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Reply:
    """Either a body or, for a redirect, a location. ``reusable``: read to its very end."""

    body: bytes | None
    location: str | None
    reusable: bool


def exchange(
    connection: Connection,
    url: WebUrl,
    budget: FetchBudget,
    max_bytes: int,
    headers: Headers = (),
) -> Reply:
    """Ask for the URL. Raises ImageFetchFailedError, ImageTooLargeError, CallEndedError, OSError
    and h11.RemoteProtocolError.
    """
    answer = _Answer(connection, budget, max_bytes)
    answer.ask(url, headers)
    response = answer.head()
    if response.status_code in REDIRECTS:
        return _redirect(answer, response)
    if response.status_code not in _GOOD:
        raise _failed("status", "The image's server did not answer 200.", response.status_code)
    length = _length_of(response)
    if length is not None and length > max_bytes:
        raise too_large(max_bytes)
    body = answer.body(max_bytes, is_labelled_coded=_is_coded(response))
    return Reply(body, None, answer.reusable)


class _Answer:
    """What the server says, event by event, within a budget of time and bytes."""

    def __init__(self, connection: Connection, budget: FetchBudget, max_bytes: int) -> None:
        self._connection = connection
        self._budget = budget
        self._left = max_bytes + HEADER_ALLOWANCE
        self._heard = self._ended = self._in_body = False
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEADER_ALLOWANCE)

    def ask(self, url: WebUrl, headers: Headers) -> None:
        """Send the request."""
        fields = (
            ("Host", url.authority),
            # JPEG where a server can choose: it is decoded the fastest.
            ("Accept", "image/jpeg, image/*;q=0.9, */*;q=0.5"),
            ("Accept-Encoding", "identity"),
            *headers,
        )
        request = h11.Request(method="GET", target=url.target, headers=list(fields))
        self._connection.send(self._http.send(request) or b"", self._budget)
        self._http.send(h11.EndOfMessage())

    def head(self) -> h11.Response:
        """Return the final response's head; informational ones (1xx) are passed over."""
        while True:
            event = self._next()
            if isinstance(event, h11.Response):
                return event
            if isinstance(event, h11.ConnectionClosed):
                raise ConnectionResetError

    def body(self, max_bytes: int, *, is_labelled_coded: bool = False) -> bytes:
        """Return the body, whole. Raises ImageTooLargeError, ImageFetchFailedError."""
        pieces, count = [], 0
        while isinstance(event := self._next(), h11.Data):
            pieces.append(bytes(event.data))
            count += len(event.data)
            if count > max_bytes:
                raise too_large(max_bytes)
            if is_labelled_coded and count >= _SIGNATURE_BYTES:
                _check_label(b"".join(pieces))
                is_labelled_coded = False
        body = b"".join(pieces)
        if is_labelled_coded and body:
            _check_label(body)
        return body

    @property
    def reusable(self) -> bool:
        """True when the connection may carry another request."""
        done = self._http.our_state is self._http.their_state is h11.DONE
        return done and not self._ended and self._http.trailing_data == (b"", False)

    def _next(self) -> h11.Event:
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                if self._ended and not self._heard:
                    raise ConnectionResetError from error
                if self._ended and self._in_body:
                    message = "The image's server hung up before the end of the body."
                    raise _failed("truncated", message) from error
                raise
            if isinstance(event, h11.Event):
                self._in_body = self._in_body or isinstance(event, h11.Response)
                return event
            self._receive()

    def _receive(self) -> None:
        if self._left <= 0:
            raise BudgetSpentError("more bytes than the response may have")
        data = self._connection.receive(min(_PIECE, self._left), self._budget)
        self._left -= len(data)
        self._heard = self._heard or bool(data)
        self._ended = not data
        self._http.receive_data(data)


class BudgetSpentError(OSError):
    """The server sent more than the body's limit and an allowance for headers."""


def _redirect(answer: _Answer, response: h11.Response) -> Reply:
    locations = {value for name, value in response.headers if name == b"location"}
    if not locations or b"" in locations:
        raise _failed("redirect", "The image's server redirects nowhere.", response.status_code)
    if len(locations) > 1:
        message = "The image's server redirects to several places."
        raise _failed("redirect", message, response.status_code)
    length = _length_of(response)
    reusable = False
    if length is not None and length <= _HIGHEST_DRAINED:
        answer.body(_HIGHEST_DRAINED)
        reusable = answer.reusable
    # Servers that send more than ASCII mean UTF-8.
    return Reply(None, locations.pop().decode("utf-8", "replace"), reusable)


def _length_of(response: h11.Response) -> int | None:
    """Return the announced length; h11 has refused lengths that contradict each other."""
    lengths = [value for name, value in response.headers if name == b"content-length"]
    chunked = any(name == b"transfer-encoding" for name, _ in response.headers)
    return int(lengths[0]) if lengths and not chunked else None


def _is_coded(response: h11.Response) -> bool:
    labels = [value for name, value in response.headers if name == b"content-encoding"]
    return any(
        token.strip().lower()
        not in (b"", b"identity", b"none", b"utf-8", b"binary", b"aws-chunked")
        for label in labels
        for token in label.split(b",")
    )


def _check_label(start: bytes) -> None:
    """Let a body pass that is called compressed and is a photo as it stands."""
    if container_of(start) is None:
        raise _failed("encoding", "The image's server sent a compressed body.")


def too_large(max_bytes: int) -> ImageTooLargeError:
    """Return the error of a body over the limit."""
    return ImageTooLargeError(
        f"The image is larger than {max_bytes} bytes.", rule="bytes", limit=max_bytes
    )


def _failed(cause: str, message: str, status: int | None = None) -> ImageFetchFailedError:
    if status is None:
        return ImageFetchFailedError(message, cause=cause)
    return ImageFetchFailedError(message, cause=cause, status=status)
