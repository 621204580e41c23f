"""An audit entry for every write, export and erasure, and for every refused access."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

import grpc

from facesvc.audit.trail import Entry, Trail
from facesvc.domain.gallery import DEFAULT_COLLECTION
from facesvc.transport.authentication.interceptor import current_caller
from facesvc.transport.call import current_client
from facesvc.transport.contract import Method, methods
from facesvc.transport.interceptors.call_metrics import code_name, reason_told
from facesvc.transport.interceptors.handlers import Handler, Interceptor
from facesvc.transport.interceptors.request_id import current_request_id
from facesvc.transport.networks import network_of

_ACCESS = ("UNAUTHENTICATED", "PERMISSION_DENIED")
REFUSALS_A_PEER = 20
_WINDOW_S = 600.0
_OTHERS = ("source_user_id", "target_user_id")
_MOST_PEERS = 10_000

_AUDITED = {method.path: method for method in methods() if method.access.audited}


class Audit(Interceptor):
    """Outside Access, so that it sees whom that refuses, and inside what counts calls."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail
        self._refusals = _FewOfEach(REFUSALS_A_PEER, _WINDOW_S)

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Handler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        handler = continuation(handler_call_details)
        path = handler_call_details.method
        if handler is None or path.startswith("/grpc."):
            return handler
        return self._wrap(handler, path.rpartition("/")[2], _AUDITED.get(path))

    def _wrap(self, handler: Handler, name: str, method: Method | None) -> Handler:
        codec = {
            "request_deserializer": handler.request_deserializer,
            "response_serializer": handler.response_serializer,
        }

        def once(behaviour: Callable[..., Any]) -> Callable[..., Any]:
            def call(request: Any, context: grpc.ServicerContext) -> Any:
                watch, response = _Watch(method, request), None
                try:
                    response = behaviour(request, context)
                    return response
                finally:
                    watch.answered(response)
                    self._ended(name, method, watch, context)

            return call

        def stream(behaviour: Callable[..., Any]) -> Callable[..., Any]:
            def call(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
                watch = _Watch(method, request)
                try:
                    for response in behaviour(watch.requests, context):
                        watch.answered(response)
                        if method is not None and watch.is_item:
                            self._write(name, watch, watch.item_outcome)
                        yield response
                finally:
                    self._ended(name, None if watch.is_item else method, watch, context)

            return call

        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(once(handler.unary_unary), **codec)
        if handler.unary_stream:
            return grpc.unary_stream_rpc_method_handler(stream(handler.unary_stream), **codec)
        assert handler.stream_stream is not None, "no call answers a stream once"  # noqa: S101
        return grpc.stream_stream_rpc_method_handler(stream(handler.stream_stream), **codec)

    def _ended(
        self, name: str, method: Method | None, watch: _Watch, context: grpc.ServicerContext
    ) -> None:
        reason = reason_told(context)
        if reason in _ACCESS:
            allowed, left_out = self._refusals.take(network_of(current_client.get().name))
            if allowed:
                self._write(name, watch, reason, count=left_out)
        elif method is not None:
            code = code_name(context)
            outcome = reason or (watch.done if code == "OK" else code)
            for user_id in watch.users or [watch.user_id]:
                watch.user_id = user_id
                self._write(name, watch, outcome)

    def _write(self, name: str, watch: _Watch, outcome: str, count: int = 0) -> None:
        self._trail.write(
            Entry(
                name,
                outcome,
                key=current_caller.get(),
                peer=current_client.get().name,
                collection=watch.collection,
                user=self._trail.hash_of(watch.user_id) if watch.user_id else "",
                other_user=self._trail.hash_of(watch.other_id) if watch.other_id else "",
                request_id=current_request_id.get(),
                version=watch.version,
                count=count,
            )
        )


class _Watch:
    """What the requests and answers of one call say of whom it is about."""

    def __init__(self, method: Method | None, request: Any) -> None:
        self._path = method.access.collection.split(".") if method else []
        self.collection = self.user_id = self.other_id = self.item_outcome = ""
        self.version = 0
        self.is_item = False
        self.done = "dry_run" if getattr(request, "dry_run", False) else "ok"
        self.users: list[str] = []  # whom DeleteUsers removed
        self._items: dict[str, str] = {}
        if hasattr(request, "DESCRIPTOR"):
            self._asked(request)
            self.requests = request
        else:
            self.requests = self._each(request)

    def answered(self, response: Any) -> None:
        """Take what an answer says; an item of StreamEnroll speaks for itself."""
        self.is_item = hasattr(response, "enrollment")
        if self.is_item:
            self.collection = self._items.pop(response.item_id, self.collection)
            failed = response.HasField("error")
            made = None if failed else response.enrollment
            self.user_id = "" if made is None else made.user_id
            refused = made is not None and not made.success
            self.item_outcome = "failed" if failed else "rejected" if refused else "ok"
            self.version = 0 if made is None else made.version
        else:
            self.version = getattr(response, "version", self.version)
            if getattr(response, "users_deleted", 0):
                self.users = list(response.user_ids)

    def _each(self, requests: Iterator[Any]) -> Iterator[Any]:
        for request in requests:
            self._asked(request)
            yield request

    def _asked(self, request: Any) -> None:
        if not hasattr(request, "DESCRIPTOR"):
            return  # no message; it is refused further in
        if self._path and self._path != [""]:
            named = str(reduce(getattr, self._path, request) or DEFAULT_COLLECTION)
            if hasattr(request, "item_id"):
                self._items[request.item_id] = named
            elif named != DEFAULT_COLLECTION or not self.collection:
                self.collection = named
        self.collection = self.collection or str(getattr(request, "collection", ""))
        self.user_id = self.user_id or str(getattr(request, "user_id", ""))
        for field in _OTHERS:
            self.other_id = self.other_id or str(getattr(request, field, ""))


class _FewOfEach:
    """So many entries a peer and window: guessing keys must not fill the file."""

    def __init__(self, most: int, window_s: float) -> None:
        self._most, self._window_s = most, window_s
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, list[float]] = OrderedDict()  # begun, taken, left out

    def take(self, peer: str) -> tuple[bool, int]:
        """Return whether there is room for one more, and how many were left out before it."""
        now = time.monotonic()
        with self._lock:
            begun, taken, left_out = self._seen.pop(peer, [now, 0, 0])
            fresh = now - begun > self._window_s
            if fresh:
                begun, taken = now, 0
            allowed = taken < self._most
            self._seen[peer] = [begun, taken + allowed, 0 if allowed else left_out + 1]
            while len(self._seen) > _MOST_PEERS:
                self._seen.popitem(last=False)
            return allowed, int(left_out) if allowed else 0
