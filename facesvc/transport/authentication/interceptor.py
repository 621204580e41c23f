"""Refuses calls without a key, or with one that does not open them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Protocol

import grpc
from google.protobuf.message import Message

from facesvc.domain.access import Caller, Scope
from facesvc.domain.errors import (
    FaceError,
    PermissionDeniedError,
    UnauthenticatedError,
    UnknownKeyError,
)
from facesvc.transport.arrival.clients import current_holder, on_arrival
from facesvc.transport.authentication.scopes import CollectionOf, Rule, is_standard, rule_of
from facesvc.transport.interceptors.abort import abort_with, refusal
from facesvc.transport.interceptors.handlers import (
    Handler,
    Interceptor,
    RequestFilter,
    wrap,
    wrap_requests,
)

KEY_HEADER = "x-api-key"
_BEARER = "bearer "

current_caller: ContextVar[str] = ContextVar("caller", default="")
# Whether a call that is open to all may tell how much is enrolled.
counts_told: ContextVar[bool] = ContextVar("counts_told", default=True)


class Callers(Protocol):
    """Knows the keys."""

    def caller_of(self, key: str) -> Caller | None:
        """Return who holds the key, None for a key that nobody has."""

    def caller_named(self, certificate: tuple[str, ...]) -> Caller | None:
        """Return whom the names in a certificate stand for, None for a stranger's."""


class Access(Interceptor):
    """Decides by the headers before a request is read, and by the requests' collections."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Handler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = continuation(handler_call_details)
        method = handler_call_details.method
        if handler is None or is_standard(method):
            return handler
        rule, key = rule_of(method), key_of(handler_call_details.invocation_metadata)

        def decide(certificate: tuple[str, ...]) -> None:
            if rule is None:
                counts_told.set(self._may_count(key, certificate))
                return
            try:
                current_holder.set(self._admit(rule, key, certificate))
            except FaceError as error:
                refusal.set(error)  # in the context of this call: it is answered before it is read

        on_arrival.set(decide)
        if rule is None:
            return handler
        if rule.collection_of is not None:
            handler = wrap_requests(handler, _within(rule, rule.collection_of))
        return wrap(handler, _named)

    def _admit(self, rule: Rule, key: str, certificate: tuple[str, ...]) -> Caller:
        caller = self._callers.caller_of(key) if key else self._shown(certificate)
        if caller is None and key:
            raise UnknownKeyError("The API key is not known.", header=KEY_HEADER)
        if caller is None:
            raise UnauthenticatedError(
                "Give an API key, as x-api-key or as authorization: Bearer.", header=KEY_HEADER
            )
        if caller.has_expired(datetime.now(UTC)):
            raise UnauthenticatedError("The API key has expired.", header=KEY_HEADER)
        if not caller.has(rule.scope):
            raise PermissionDeniedError(
                f"The API key lacks the scope {rule.scope}.", scope=rule.scope
            )
        if rule.spans_collections and caller.collections is not None:
            raise PermissionDeniedError(
                "The API key is bound to collections, and this call is about all of them.",
                scope=rule.scope,
            )
        return caller

    def _shown(self, certificate: tuple[str, ...]) -> Caller | None:
        return self._callers.caller_named(certificate) if certificate else None

    def _may_count(self, key: str, certificate: tuple[str, ...]) -> bool:
        caller = self._callers.caller_of(key) if key else self._shown(certificate)
        if caller is None or caller.has_expired(datetime.now(UTC)):
            return False
        return caller.has(Scope.ENROLL) and caller.collections is None


@contextmanager
def _named(context: grpc.ServicerContext) -> Iterator[None]:
    holder = current_holder.get()
    current_caller.set(holder.name if holder else "")  # the access log resets it
    try:
        yield
    except FaceError as error:  # of a single request; a stream's are told by Errors
        abort_with(context, error)


def key_of(metadata: Any) -> str:
    """Return the key that the call carries, "" for none."""
    headers = {name: value for name, value in metadata or () if isinstance(value, str)}
    bearer = headers.get("authorization", "")
    if bearer[: len(_BEARER)].lower() != _BEARER:
        bearer = ""
    return headers.get(KEY_HEADER) or bearer[len(_BEARER) :].strip()


def _within(rule: Rule, collection_of: CollectionOf) -> RequestFilter:
    """Return what lets requests pass that name collections of the caller's."""

    def passes(requests: Iterator[Any]) -> Iterator[Any]:
        caller = current_holder.get()  # now: a stream is read by another thread
        if caller is None or caller.collections is None:
            return requests
        return _checked(caller, requests)

    def _checked(caller: Caller, requests: Iterator[Any]) -> Iterator[Any]:
        for number, request in enumerate(requests):
            # What is no message is refused further in.
            if isinstance(request, Message) and (number == 0 or not rule.first_only):
                _check(caller, collection_of(request))
            yield request

    return passes


def _check(caller: Caller, collection: str) -> None:
    if not collection:
        raise PermissionDeniedError(
            "The API key is bound to collections: name the one that it goes into.",
            field="collection",
        )
    if not caller.reaches(collection):
        raise PermissionDeniedError(
            "The API key does not open this collection.", field="collection", collection=collection
        )
