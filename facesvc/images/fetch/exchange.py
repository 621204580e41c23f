"""One request and its bounded response."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import cast

from facesvc.domain.errors import ImageFetchFailedError, ImageTooLargeError
from facesvc.images.fetch.connection import Connection
from facesvc.images.fetch.fetch_budget import FetchBudget
from facesvc.images.fetch.url import WebUrl

REDIRECTS = frozenset({301, 302, 303, 307, 308})
HEADER_ALLOWANCE = 64 * 1024  # status line, headers and the framing of chunks
_PIECE = 64 * 1024
_HIGHEST_DRAINED = 16 * 1024  # a redirect's body worth reading to keep the connection


@dataclass(frozen=True)
class Reply:
    """Either a body or, for a redirect, a location. ``reusable``: read to its very end."""

    body: bytes | None
    location: str | None
    reusable: bool


def exchange(connection: Connection, url: WebUrl, budget: FetchBudget, max_bytes: int) -> Reply:
    """Ask for the URL. Raises ImageFetchFailedError, ImageTooLargeError, CallEndedError, OSError
    and http.client.HTTPException.
    """
    connection.send(_request(url), budget)
    reader = connection.reader(budget, max_bytes + HEADER_ALLOWANCE)
    # HTTPResponse asks its socket for nothing but makefile("rb").
    with http.client.HTTPResponse(cast("http.client.socket", reader), method="GET") as response:  # type: ignore[name-defined]
        response.begin()
        if response.status in REDIRECTS:
            return _redirect(response)
        if response.status != http.client.OK:
            raise _failed("status", "The image's server did not answer 200.", response.status)
        _check_headers(response, max_bytes)
        body = _read_body(response, max_bytes)
        return Reply(body, None, not response.will_close)


def _request(url: WebUrl) -> bytes:
    return (
        f"GET {url.target} HTTP/1.1\r\n"
        f"Host: {url.authority}\r\n"
        "User-Agent: facesvc\r\n"
        "Accept: image/jpeg, image/png, image/webp\r\n"
        "Accept-Encoding: identity\r\n"
        "\r\n"
    ).encode("ascii")


def _redirect(response: http.client.HTTPResponse) -> Reply:
    location = response.headers.get("Location")
    if not location:
        raise _failed("redirect", "The image's server redirects nowhere.", response.status)
    # Headers arrive as Latin-1; servers that send more than ASCII mean UTF-8.
    location = location.encode("latin-1", "replace").decode("utf-8", "replace")
    drained = response.length is not None and response.length <= _HIGHEST_DRAINED
    if drained:
        response.read()
    return Reply(None, location, drained and not response.will_close)


def _check_headers(response: http.client.HTTPResponse, max_bytes: int) -> None:
    encodings = response.headers.get_all("Content-Encoding", [])
    if any(encoding.strip().lower() not in ("", "identity") for encoding in encodings):
        raise _failed("encoding", "The image's server sent a compressed body.")
    lengths = set(response.headers.get_all("Content-Length", []))
    if len(lengths) > 1 or (lengths and response.chunked):
        raise _failed("framing", "The image's server contradicts itself on the body's length.")
    if response.length is not None and response.length > max_bytes:
        raise too_large(max_bytes)


def _read_body(response: http.client.HTTPResponse, max_bytes: int) -> bytes:
    pieces, count = [], 0
    while piece := response.read(min(_PIECE, max_bytes + 1 - count)):
        pieces.append(piece)
        count += len(piece)
        if count > max_bytes:
            raise too_large(max_bytes)
    if response.length:
        raise _failed("truncated", "The image's server hung up before the end of the body.")
    return b"".join(pieces)


def too_large(max_bytes: int) -> ImageTooLargeError:
    """Return the error of a body over the limit."""
    return ImageTooLargeError(
        f"The image is larger than {max_bytes} bytes.", rule="bytes", limit=max_bytes
    )


def _failed(cause: str, message: str, status: int | None = None) -> ImageFetchFailedError:
    if status is None:
        return ImageFetchFailedError(message, cause=cause)
    return ImageFetchFailedError(message, cause=cause, status=status)
