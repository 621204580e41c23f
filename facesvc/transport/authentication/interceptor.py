"""Refuses calls without a key, or with one that does not open them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Protocol

import grpc
from google.protobuf.message import Message

from facesvc.domain.access import Caller
from facesvc.domain.errors import FaceError, PermissionDeniedError, UnauthenticatedError
from facesvc.transport.arrival.clients import current_holder
from facesvc.transport.authentication.scopes import CollectionOf, Rule, rule_of
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


class Callers(Protocol):
    """Knows the keys."""

    def caller_of(self, key: str) -> Caller | None:
        """Return who holds the key, None for a key that nobody has."""


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
        rule = rule_of(handler_call_details.method)
        if handler is None or rule is None:
            return handler
        try:
            caller = self._admit(rule, key_of(handler_call_details.invocation_metadata))
        except FaceError as error:
            refusal.set(error)  # in the context of this call: it is answered before it is read
            return handler
        current_holder.set(caller)
        if caller.collections is not None and rule.collection_of is not None:
            handler = wrap_requests(handler, _within(caller, rule, rule.collection_of))

        @contextmanager
        def named(context: grpc.ServicerContext) -> Iterator[None]:
            current_caller.set(caller.name)  # the access log resets it
            try:
                yield
            except FaceError as error:  # of a single request; a stream's are told by Errors
                abort_with(context, error)

        return wrap(handler, named)

    def _admit(self, rule: Rule, key: str) -> Caller:
        if not key:
            raise UnauthenticatedError(
                "Give an API key, as x-api-key or as authorization: Bearer.", header=KEY_HEADER
            )
        caller = self._callers.caller_of(key)
        if caller is None:
            raise UnauthenticatedError("The API key is not known.", header=KEY_HEADER)
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


def key_of(metadata: Any) -> str:
    """Return the key that the call carries, "" for none."""
    headers = {name: value for name, value in metadata or () if isinstance(value, str)}
    bearer = headers.get("authorization", "")
    if bearer[: len(_BEARER)].lower() != _BEARER:
        bearer = ""
    return headers.get(KEY_HEADER) or bearer[len(_BEARER) :].strip()


def _within(caller: Caller, rule: Rule, collection_of: CollectionOf) -> RequestFilter:
    """Return what lets requests pass that name collections of the caller's."""

    def passes(requests: Iterator[Any]) -> Iterator[Any]:
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
