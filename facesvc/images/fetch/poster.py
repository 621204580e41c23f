"""Sends to URLs under the rules by which images are fetched: checked addresses, pinned."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import h11

from facesvc.application.call import Call
from facesvc.application.ports.deliveries import Posted, PostError
from facesvc.domain.errors import CallEndedError, FaceError
from facesvc.images.fetch.connection import Connection, Endpoint
from facesvc.images.fetch.fetch_budget import FetchBudget
from facesvc.images.fetch.fetch_limits import FetchLimits
from facesvc.images.fetch.fetcher import failure_cause
from facesvc.images.fetch.policy import AllowList, Policy
from facesvc.images.fetch.pool import ConnectionPool
from facesvc.images.fetch.resolver import Lookup, Resolver, system_lookup
from facesvc.images.fetch.url import WebUrl, parse_url

MOST_ANSWER_BYTES = 64 * 1024  # of which nothing is used but the status and Retry-After
_PIECE = 16 * 1024


class HttpPoster:
    """A Poster; thread-safe. ``tls`` replaces the system's trusted certificates."""

    def __init__(
        self,
        allow: AllowList | None = None,
        *,
        timeout_s: float = 10.0,
        user_agent: str = "facesvc",
        tls: ssl.SSLContext | None = None,
        lookup: Lookup = system_lookup,
    ) -> None:
        self._limits = FetchLimits(timeout_s=timeout_s)
        self._policy = Policy(self._limits.ports, allow or AllowList())
        self._user_agent = user_agent
        self._tls = tls or ssl.create_default_context()
        self._resolver = Resolver(self._limits.max_lookups, lookup)
        self._pool = ConnectionPool(self._limits.max_idle, self._limits.idle_s)

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()

    def check(self, url: str) -> None:
        """See Poster."""
        self._policy.check_before_lookup(parse_url(url))

    def post(self, url: str, headers: Mapping[str, str], body: bytes, call: Call) -> Posted:
        """See Poster."""
        budget = FetchBudget(call, self._limits.timeout_s)
        try:
            target = parse_url(url)
            self._policy.check_before_lookup(target)
            return self._send(target, headers, body, budget)
        except CallEndedError:
            raise
        except FaceError as error:
            raise PostError(f"refused: {error.metadata.get('rule', error.reason)}") from error
        except Exception as error:
            call.check()
            cause = failure_cause(error)
            if cause is None:
                raise
            raise PostError(cause) from error

    def _send(
        self, url: WebUrl, headers: Mapping[str, str], body: bytes, budget: FetchBudget
    ) -> Posted:
        answers = [url.address] if url.address else self._resolver.resolve(url.host, budget)
        self._policy.check_addresses(url, answers)
        request = self._request(url, headers, body)
        problem: OSError | None = None
        for address in answers[: self._limits.max_addresses]:
            endpoint = Endpoint(url.scheme, url.host, url.port, address)
            idle = self._pool.take(endpoint)
            if idle is not None:
                try:
                    return self._exchange(idle, request, body, budget)
                except (ConnectionError, h11.RemoteProtocolError):
                    budget.remaining_s()  # closed as it was used again: once more, afresh
            try:
                connection = self._connect(endpoint, budget)
            except OSError as error:
                problem = error
                continue
            return self._exchange(connection, request, body, budget)
        raise problem or ConnectionError("no address")

    def _request(self, url: WebUrl, headers: Mapping[str, str], body: bytes) -> h11.Request:
        fields = [("Host", url.authority), ("User-Agent", self._user_agent)]
        fields += [("Content-Length", str(len(body))), *headers.items()]
        return h11.Request(method="POST", target=url.target, headers=fields)

    def _connect(self, endpoint: Endpoint, budget: FetchBudget) -> Connection:
        connection = Connection(endpoint)
        try:
            with connection.bound_to(budget.call):
                connection.open(budget, self._limits.connect_timeout_s, self._tls)
        except BaseException:
            connection.close()
            raise
        return connection

    def _exchange(
        self, connection: Connection, request: h11.Request, body: bytes, budget: FetchBudget
    ) -> Posted:
        reusable = False
        try:
            with connection.bound_to(budget.call):
                http = h11.Connection(h11.CLIENT)
                data = http.send(request) or b""
                data += http.send(h11.Data(data=body)) or b""
                connection.send(data + (http.send(h11.EndOfMessage()) or b""), budget)
                response, reusable = _answer(http, connection, budget)
        finally:
            if reusable:
                self._pool.give(connection)
            else:
                connection.close()
        return Posted(response.status_code, _retry_after(response))


def _answer(
    http: h11.Connection, connection: Connection, budget: FetchBudget
) -> tuple[h11.Response, bool]:
    """Return the answer's head, and whether all of it was read and another may follow."""
    response, left = None, MOST_ANSWER_BYTES
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            if left <= 0:
                break
            data = connection.receive(min(_PIECE, left), budget)
            left -= len(data)
            if not data and response is not None:
                break
            http.receive_data(data)
        elif isinstance(event, h11.Response):
            response = event
        elif isinstance(event, h11.EndOfMessage):
            break
        elif isinstance(event, h11.ConnectionClosed):
            raise ConnectionResetError
    if response is None:
        raise ValueError("an answer without a head")
    done = http.our_state is http.their_state is h11.DONE
    return response, done and http.trailing_data == (b"", False)


def _retry_after(response: h11.Response) -> float | None:
    """Return what Retry-After says, in seconds from now: a number or a date (RFC 9110, 10.2.3)."""
    for name, value in response.headers:
        if name == b"retry-after":
            text = value.decode("ascii", "replace").strip()
            if text.isdigit():
                return float(text[:9])
            try:
                moment = parsedate_to_datetime(text)
            except ValueError:
                return None
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    return None
