"""A call as grpcio hands it to the thread pool, and the parts of grpcio that are not public.

grpcio gives a unary call a thread that waits for its message: who sends half of it holds the
thread. Here the message is asked for first and the thread is taken when it has come. Everything
that depends on grpcio's insides is in this file; test_arrival.py fails when they change.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from contextvars import Context
from typing import Any

from grpc import _common, _server
from grpc._cython import cygrpc  # type: ignore[attr-defined] # compiled, without stubs


class GrpcioCall:
    """The arguments of ``submit`` in grpc/_server.py, _handle_unary_unary and its siblings."""

    def __init__(self, run: Any, arguments: tuple[Any, ...]) -> None:
        self.context: Context = run.__self__
        self._run = run
        self._respond, self._event, self._state, *rest = arguments
        self._behaviour, self._request, self._deserialize, self._serialize = rest

    @property
    def peer(self) -> str:
        """Who called, as gRPC spells it: ipv4:127.0.0.1:50123."""
        return str(_common.decode(self._event.call.peer()))

    @property
    def metadata(self) -> Any:
        """The headers, as pairs."""
        return self._event.invocation_metadata

    @property
    def auth_context(self) -> dict[str, list[bytes]]:
        """What the handshake said of the caller, its certificate's names among it."""
        found = cygrpc.auth_context(self._event.call)
        return {str(_common.decode(name)): list(values) for name, values in found.items()}

    @property
    def remaining_s(self) -> float:
        """Seconds until the deadline, some 292 billion years without one."""
        return max(0.0, float(self._event.call_details.deadline) - time.time())

    def on_end(self, then: Callable[[], None]) -> None:
        """Call ``then`` when the call's status is sent, or nobody waits for it any more."""
        with self._state.condition:
            if self._state.callbacks is not None:
                self._state.callbacks.append(then)
                return
        then()

    def receive(self, then: Callable[[], None]) -> None:
        """Ask for the message and call ``then`` when it is here, or will not come. Holds no
        thread meanwhile; ``then`` runs in the thread that serves all calls.
        """
        state, call = self._state, self._event.call
        receive = _server._receive_message(state, call, self._deserialize)

        def received(event: Any) -> Any:
            outcome = receive(event)
            then()
            return outcome

        with state.condition:
            if _server._is_rpc_state_active(state):
                operation = cygrpc.ReceiveMessageOperation(_server._EMPTY_FLAGS)
                call.start_server_batch((operation,), received)
                state.due.add(_server._RECEIVE_MESSAGE_TOKEN)
                return
        then()

    def work(self) -> Callable[[], None]:
        """Return what grpcio would have run in the pool."""
        return self._with(self._request)

    def work_on_received(self) -> Callable[[], None]:
        """Return the same for a message that ``receive`` has got."""
        return self._with(self._take)

    def work_without_reading(self) -> Callable[[], None]:
        """Return the same for a call whose requests nobody will look at."""
        return self._with(lambda: _UNREAD)

    def reject(self, message: str) -> None:
        """Answer RESOURCE_EXHAUSTED at once, from whatever thread."""
        with self._state.condition:
            code, call = cygrpc.StatusCode.resource_exhausted, self._event.call
            _server._abort(self._state, call, code, message.encode())

    def _with(self, request: Callable[[], Any]) -> Callable[[], None]:
        event, state = self._event, self._state
        codec = (self._deserialize, self._serialize)
        return functools.partial(
            self._run, self._respond, event, state, self._behaviour, request, *codec
        )

    def _take(self) -> Any:
        """Return the message, None when there is none, which ends the work."""
        state = self._state
        with state.condition:
            request, state.request = state.request, None
            if request is None and state.client is _server._CLOSED:
                code = cygrpc.StatusCode.unimplemented
                _server._abort(state, self._event.call, code, b"A request message is missing.")
            return request


class _Unread:
    """Stands for requests that are not read; as a stream it has none."""

    def __iter__(self) -> _Unread:
        return self

    def __next__(self) -> Any:
        raise StopIteration


_UNREAD = _Unread()
