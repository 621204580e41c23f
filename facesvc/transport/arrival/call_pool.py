"""The threads of the server, and who gets one."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import grpc

from facesvc.application.call import Client
from facesvc.domain.access import Caller
from facesvc.domain.errors import (
    FaceError,
    OverloadedError,
    ShuttingDownError,
    UnknownKeyError,
)
from facesvc.transport.arrival.clients import Clients, current_holder, on_arrival, with_key
from facesvc.transport.arrival.grpcio_call import GrpcioCall
from facesvc.transport.arrival.guesses import Guesses
from facesvc.transport.arrival.key_limits import KeyLimits
from facesvc.transport.arrival.lanes import Lane, Lanes, is_health
from facesvc.transport.arrival.unread import UnreadCalls
from facesvc.transport.call import current_client
from facesvc.transport.interceptors.abort import refusal
from facesvc.transport.interceptors.handlers import Handler, Interceptor
from facesvc.transport.networks import network_of

# Raises OverloadedError when a call of this client that computes would be refused now.
CheckAdmission = Callable[[Client, float], None]

_REFUSING_THREADS = 2  # each refusal takes well below a millisecond
_MOST_REFUSED = 256

_details: ContextVar[tuple[str, Handler]] = ContextVar("details")


@dataclass(frozen=True)
class _Arrived:
    """A call, whose it is and where it goes."""

    call: GrpcioCall
    client: Client
    holder: Caller | None
    lane: Lane
    is_stream: bool
    done: Future[None]


class CallPool(Interceptor, Executor):
    """What grpcio takes for its thread pool: decides on each call's arrival.

    A call that is refused is answered by a thread of its own kind before its requests are read. A
    unary call waits for its message without a thread. Then it takes a slot of its lane, of which a
    client cannot have all, and a thread. As an interceptor it learns which
    method a call is for.
    """

    def __init__(
        self,
        lanes: Lanes,
        unread: UnreadCalls,
        clients: Clients,
        guesses: Guesses,
        check_admission: CheckAdmission | None = None,
    ) -> None:
        self._lanes = lanes
        self._unread = unread
        self._clients = clients
        self._check_admission = check_admission
        self._key_limits = KeyLimits()
        self._guesses = guesses
        self._refusing = ThreadPoolExecutor(_REFUSING_THREADS, thread_name_prefix="refuse")
        self._refused = threading.Semaphore(_MOST_REFUSED)
        self._draining = False
        self._idle = threading.Condition()
        self._in_progress = 0

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Handler | None],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Note what the call is; its context is the one that ``submit`` sees."""
        handler = continuation(handler_call_details)
        if handler is not None:
            _details.set((handler_call_details.method, handler))
        return handler

    def drain(self) -> None:
        """Refuse new calls from here on, but those about health."""
        self._draining = True
        self._guesses.close()

    def wait_idle(self, timeout_s: float) -> bool:
        """Wait until no call is in progress and every answer is sent; return False when that
        takes longer.
        """
        with self._idle:
            return self._idle.wait_for(lambda: not self._in_progress, timeout_s)

    def submit(self, run: Any, /, *arguments: Any) -> None:  # type: ignore[override] # see below
        """Take over a call. Runs in the one thread that serves all calls: nothing here waits.

        Returns nothing, which grpcio is content with: of a future it would only count the calls,
        under the lock that the one thread holds.
        """
        call = GrpcioCall(run, arguments)
        method, handler = call.context[_details]
        if decide := call.context.get(on_arrival):
            names = self._clients.certificate_of(call.auth_context, call.metadata)
            call.context.run(decide, names)
        holder = call.context.get(current_holder)
        is_stream = bool(handler.request_streaming or handler.response_streaming)
        lane = self._lanes.of(method, is_stream=is_stream)
        client = with_key(self._clients.client_of(call.peer, call.metadata), holder)
        if lane.is_patient:
            client = Client(client.name, client.connection, patient=True)
        call.context.run(current_client.set, client)
        arrived = _Arrived(call, client, holder, lane, is_stream, Future())
        with self._idle:
            self._in_progress += 1
        call.on_end(self._ended)
        error = call.context.get(refusal) or self._refusal(arrived, method)
        if isinstance(error, UnknownKeyError):
            then = functools.partial(self._refuse, arrived, error)
            self._guesses.hold(network_of(client.name), then)
        elif error is not None:
            self._refuse(arrived, error)
        elif handler.request_streaming:
            self._start(arrived, call.work())
        else:
            self._unread.add(arrived, client, lambda error: self._refuse(arrived, error))
            call.receive(lambda: self._received(arrived))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the threads end, once no call comes any more."""
        for pool in (self._refusing, *self._lanes.pools):
            pool.shutdown(wait, cancel_futures=cancel_futures)

    def _refusal(self, arrived: _Arrived, method: str) -> FaceError | None:
        """Return why the call is refused; else it has entered, and must leave."""
        if is_health(method):
            return None
        if self._draining:
            return ShuttingDownError("The service is shutting down: call again.")
        try:
            if arrived.lane.computes and self._check_admission is not None:
                self._check_admission(arrived.client, arrived.call.remaining_s)
            if arrived.holder is not None and arrived.holder.limits.some:
                self._key_limits.enter(arrived.holder, is_stream=arrived.is_stream)
                arrived.done.add_done_callback(lambda _: self._leave(arrived))
        except OverloadedError as error:
            return error
        return None

    def _ended(self) -> None:
        with self._idle:
            self._in_progress -= 1
            if not self._in_progress:
                self._idle.notify_all()

    def _leave(self, arrived: _Arrived) -> None:
        if arrived.holder is not None:
            self._key_limits.leave(arrived.holder, is_stream=arrived.is_stream)

    def _received(self, arrived: _Arrived) -> None:
        if self._unread.remove(arrived):  # else it was ended a moment before
            self._start(arrived, arrived.call.work_on_received())

    def _start(self, arrived: _Arrived, work: Callable[[], None]) -> None:
        """Give the call a slot and a thread of its lane, or refuse it."""
        lane, client = arrived.lane, arrived.client
        if not lane.shares.acquire(client):
            self._refuse(arrived, OverloadedError(lane.full))
            return
        arrived.done.add_done_callback(lambda _: lane.shares.release(client))
        lane.pool.submit(_run, arrived, work)

    def _refuse(self, arrived: _Arrived, error: FaceError) -> None:
        arrived.call.context.run(refusal.set, error)
        if self._refused.acquire(blocking=False):
            arrived.done.add_done_callback(lambda _: self._refused.release())
            self._refusing.submit(_run, arrived, arrived.call.work_without_reading())
        else:  # without log line and details: refusing must not take longer than being refused
            arrived.call.reject(error.message)
            arrived.done.set_result(None)


def _run(arrived: _Arrived, work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        arrived.done.set_result(None)
