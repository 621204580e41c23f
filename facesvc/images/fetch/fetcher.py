"""Fetches images by URL: the order in which the rules apply."""

from __future__ import annotations

import socket
import ssl
import time

import h11
import structlog

from facesvc.application.call import Call
from facesvc.domain.errors import FaceError, ImageFetchFailedError
from facesvc.images.fetch.connection import Connection, Endpoint
from facesvc.images.fetch.exchange import BudgetSpentError, Reply, exchange, too_large
from facesvc.images.fetch.fetch_budget import FetchBudget, Slots
from facesvc.images.fetch.fetch_limits import FetchLimits
from facesvc.images.fetch.host_headers import HostHeaders
from facesvc.images.fetch.policy import AllowList, Policy
from facesvc.images.fetch.pool import ConnectionPool
from facesvc.images.fetch.resolver import Lookup, Resolver, system_lookup
from facesvc.images.fetch.url import Address, WebUrl, parse_url, refusal

_log = structlog.get_logger("facesvc.fetch")

# The caller learns the kind of a failure, never the address or the system's words for it.
_FAILURES: tuple[tuple[type[Exception], str, str], ...] = (
    (TimeoutError, "timeout", "The image was not delivered in time."),
    (socket.gaierror, "dns", "The URL's host name cannot be resolved."),
    (UnicodeError, "dns", "The URL's host name cannot be resolved."),
    (ssl.SSLCertVerificationError, "certificate", "The server's certificate is not valid."),
    (ssl.SSLError, "tls", "No secure connection to the image's server came about."),
    (ConnectionError, "connection", "The connection to the image's server failed."),
    (h11.ProtocolError, "protocol", "The image's server broke the protocol."),
    (ValueError, "protocol", "The image's server broke the protocol."),
    (OSError, "connection", "The connection to the image's server failed."),
)


class HttpImageSource:
    """An ImageSource over HTTP and HTTPS; thread-safe.

    Proxies of the environment, .netrc and cookies play no part. ``tls`` replaces the system's
    trusted certificates, ``lookup`` the system's resolver. ``headers`` go along with requests to
    hosts that the operator named.
    """

    def __init__(
        self,
        limits: FetchLimits | None = None,
        allow: AllowList | None = None,
        *,
        enabled: bool = True,
        headers: HostHeaders | None = None,
        tls: ssl.SSLContext | None = None,
        lookup: Lookup = system_lookup,
    ) -> None:
        self._limits = limits or FetchLimits()
        self._policy = Policy(self._limits.ports, allow or AllowList())
        self._enabled = enabled
        self._headers = headers or HostHeaders()
        self._tls = tls or ssl.create_default_context()
        self._resolver = Resolver(self._limits.max_lookups, lookup)
        self._slots = Slots(self._limits.max_concurrent)
        self._pool = ConnectionPool(self._limits.max_idle, self._limits.idle_s)

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()

    def fetch(self, url: str, call: Call) -> bytes:
        """Return the body. Raises ImageUrlRefusedError (metadata ``rule``),
        ImageFetchFailedError (``cause``, ``status``), ImageTooLargeError, OverloadedError,
        CallEndedError.
        """
        if not self._enabled:
            raise refusal("disabled", "This service fetches no images; send the bytes.")
        started = time.monotonic()
        addresses: list[str] = []
        try:
            call.check()
            target = parse_url(url)
            self._policy.check_before_lookup(target)
            with self._slots.hold(call, self._limits.timeout_s):
                body = self._follow(target, FetchBudget(call, self._limits.timeout_s), addresses)
        except FaceError as error:
            self._report(error.reason, started, addresses, **_safe(error.metadata))
            raise
        self._report("", started, addresses, bytes=len(body))
        return body

    def _follow(self, target: WebUrl, budget: FetchBudget, addresses: list[str]) -> bytes:
        try:
            for _ in range(self._limits.max_redirects + 1):
                reply = self._ask(target, budget, addresses)
                if reply.location is None:
                    return reply.body or b""
                target = self._redirected(target, reply.location)
        except FaceError:
            budget.call.check()
            raise
        except Exception as error:
            budget.call.check()
            if isinstance(error, BudgetSpentError):
                raise too_large(self._limits.max_bytes) from error
            for kind, cause, message in _FAILURES:
                if isinstance(error, kind):
                    raise ImageFetchFailedError(message, cause=cause) from error
            raise
        raise refusal("redirects", f"More than {self._limits.max_redirects} redirects.")

    def _redirected(self, source: WebUrl, location: str) -> WebUrl:
        target = source.join(location)
        if (source.scheme, target.scheme) == ("https", "http"):
            raise refusal("redirect_scheme", "The server redirects from https to http.")
        self._policy.check_before_lookup(target)
        return target

    def _ask(self, url: WebUrl, budget: FetchBudget, seen: list[str]) -> Reply:
        """Look the host up once, check every answer, and ask the first that can be reached."""
        answers = [url.address] if url.address else self._resolver.resolve(url.host, budget)
        seen.extend(map(str, answers))
        self._policy.check_addresses(url, answers)
        answers = answers[: self._limits.max_addresses]
        for index, address in enumerate(answers):
            try:
                return self._ask_address(url, address, budget, last=index == len(answers) - 1)
            except _UnreachableError as error:
                unreachable = error
                budget.remaining_s()
        raise unreachable.reason from unreachable

    def _ask_address(
        self, url: WebUrl, address: Address, budget: FetchBudget, *, last: bool
    ) -> Reply:
        endpoint = Endpoint(url.scheme, url.host, url.port, address)
        idle = self._pool.take(endpoint)
        if idle is not None:
            try:
                return self._exchange(idle, url, budget)
            except (ConnectionError, h11.RemoteProtocolError):
                # The server closed it just as it was used again: once more, afresh.
                budget.remaining_s()
        wait_s = float("inf") if last else self._limits.connect_timeout_s
        try:
            connection = self._connect(endpoint, budget, wait_s)
        except OSError as error:
            raise _UnreachableError(error) from error
        return self._exchange(connection, url, budget)

    def _connect(self, endpoint: Endpoint, budget: FetchBudget, wait_s: float) -> Connection:
        connection = Connection(endpoint)
        try:
            with connection.bound_to(budget.call):
                connection.open(budget, wait_s, self._tls)
        except BaseException:
            connection.close()
            raise
        return connection

    def _exchange(self, connection: Connection, url: WebUrl, budget: FetchBudget) -> Reply:
        reusable = False
        try:
            with connection.bound_to(budget.call):
                reply = exchange(
                    connection, url, budget, self._limits.max_bytes, self._headers.of(url)
                )
                reusable = reply.reusable and not budget.call.ended
        finally:
            if reusable:
                self._pool.give(connection)
            else:
                connection.close()
        return reply

    @staticmethod
    def _report(reason: str, started: float, addresses: list[str], **values: object) -> None:
        """Log the outcome and the addresses; of the URL itself nothing, it may hold secrets."""
        took_ms = round((time.monotonic() - started) * 1000, 1)
        event = "image fetched" if not reason else "image not fetched"
        _log.info(event, reason=reason, addresses=addresses, took_ms=took_ms, **values)


class _UnreachableError(Exception):
    """No connection to one address came about; another may do."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def failure_cause(error: Exception) -> str | None:
    """Return the kind of a failure to reach a server in a word, None for what is none."""
    return next((cause for kind, cause, _ in _FAILURES if isinstance(error, kind)), None)


def _safe(metadata: dict[str, str]) -> dict[str, str]:
    return {key: metadata[key] for key in ("rule", "cause", "status") if key in metadata}
