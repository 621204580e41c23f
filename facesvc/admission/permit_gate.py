"""Permits to compute: as many as cores, a short queue that is fair to clients, no more."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from facesvc.admission.fair_queue import FairQueue
from facesvc.admission.service_time import ServiceTime
from facesvc.application.call import Call, Client
from facesvc.domain.errors import CallEndedError, OverloadedError

# Work that may wait: more of it makes every answer later and none more.
MAX_WAIT_S = 0.3
# But as many as this a permit may always wait: a small crowd of callers who call again when they
# have their answers (16 on two cores) is no overload, though its calls be slow.
ALWAYS_WAITING = 7
_LEAST_RETRY_S = 0.5
_MOST_RETRY_S = 30.0


@dataclass(eq=False)
class _Waiter:
    """A call that waits. ``began`` (when it got a permit) or ``refused`` is set before ``turn``."""

    call: Call
    turn: threading.Event = field(default_factory=threading.Event)
    began: float | None = None
    refused: OverloadedError | None = None


class PermitGate:
    """A ComputeGate. Clients take turns, and a call that cannot make its deadline is refused.

    ``max_waiting`` bounds the calls that wait; fewer may when they are more than MAX_WAIT_S of
    work, though ALWAYS_WAITING a permit. When no more may wait, a client with fewer calls waiting
    than another has takes the place of the other's newest. Calls of patient clients, whose number
    is bounded elsewhere, wait beside these and are refused for their deadline only.
    """

    def __init__(
        self, permits: int, max_waiting: int, service_time: ServiceTime | None = None
    ) -> None:
        self._lock = threading.Lock()
        self._free = permits
        self._permits = permits
        self._max_waiting = max_waiting
        self._queue: FairQueue[_Waiter] = FairQueue()
        self._patient = 0
        self._service = service_time or ServiceTime()
        self._running: list[float] = []  # when each call that computes began

    @contextmanager
    def admit(self, call: Call) -> Iterator[None]:
        """Hold a permit. Raises OverloadedError, CallEndedError."""
        began = self._acquire(call)
        try:
            yield
        finally:
            self._release(began)

    def check(self, client: Client, remaining_s: float) -> None:
        """Raise OverloadedError when a call of this client would be refused now."""
        with self._lock:
            if self._free == 0:
                self._check_deadline(client, remaining_s)
                if self._is_full and not self._could_displace(client):
                    raise self._too_many()

    @property
    def computing(self) -> int:
        """How many calls hold a permit now."""
        return self._permits - self._free

    @property
    def waiting(self) -> int:
        """How many calls wait for a permit now."""
        return len(self._queue)

    @property
    def service_time_s(self) -> float:
        """The smoothed time in seconds that a call holds a permit."""
        return self._service.mean_s

    @property
    def most_waiting(self) -> int:
        """How many calls, beside the patient ones, may wait now."""
        by_time = math.ceil(MAX_WAIT_S * self._permits / max(self._service.mean_s, 1e-6))
        return min(self._max_waiting, max(ALWAYS_WAITING * self._permits, by_time))

    def _acquire(self, call: Call) -> float:
        """Return the moment from which the permit is held."""
        call.check()
        with self._lock:
            if self._free > 0:
                self._free -= 1
                return self._begin()
            waiter = self._enqueue(call)
        undo = call.on_end(waiter.turn.set)
        try:
            remaining = call.remaining_s()
            waiter.turn.wait(None if remaining == float("inf") else remaining)
        finally:
            undo()
        with self._lock:
            if waiter.began is None and waiter.refused is None:  # woken by the call's end
                self._leave(waiter)
        if waiter.refused is not None:
            raise waiter.refused
        if waiter.began is None:  # perhaps a moment before the deadline
            raise CallEndedError
        if call.ended:
            self._release(waiter.began, computed=False)
            raise CallEndedError
        return waiter.began

    def _enqueue(self, call: Call) -> _Waiter:
        self._check_deadline(call.client, call.remaining_s())
        if call.client.patient:
            self._patient += 1
        elif self._is_full:
            displaced = self._queue.drop_for(call.client)
            if displaced is None:
                raise self._too_many()
            self._refuse(displaced, self._too_many())
        waiter = _Waiter(call)
        self._queue.push(call.client, waiter)
        return waiter

    def _check_deadline(self, client: Client, remaining_s: float) -> None:
        wait_s = self._wait_s(self._queue.ahead_of(client))
        if wait_s + self._service.likely_s > remaining_s:
            raise OverloadedError(
                "The call would not be answered before its deadline.",
                retry_after_s=self._retry_after_s(),
            )

    def _wait_s(self, ahead: int) -> float:
        """Return the seconds until a permit comes free with so many calls to be served before:
        those that compute end when they have computed for the mean time, in this order again and
        again.
        """
        now, mean_s = time.monotonic(), self._service.mean_s
        rounds, place = divmod(ahead, self._permits)
        ends = sorted(max(0.0, began + mean_s - now) for began in self._running)
        return ends[place] + rounds * mean_s

    @property
    def _is_full(self) -> bool:
        return len(self._queue) - self._patient >= self.most_waiting

    def _could_displace(self, client: Client) -> bool:
        return client.patient or self._queue.gives_way_to(client)

    def _too_many(self) -> OverloadedError:
        return OverloadedError(
            "Too many calls wait for a compute slot.", retry_after_s=self._retry_after_s()
        )

    def _retry_after_s(self) -> float:
        """Return twice the time that the queue takes, so that it is no longer than now, give or
        take a half, so that those who are refused together do not come back together.
        """
        queue_s = len(self._queue) * self._service.mean_s / self._permits
        jitter = random.uniform(0.5, 1.5)  # noqa: S311 - spreads load, keeps no secret
        return min(_MOST_RETRY_S, max(_LEAST_RETRY_S, 2 * queue_s)) * jitter

    def _refuse(self, waiter: _Waiter, error: OverloadedError) -> None:
        """The waiter has left the queue."""
        waiter.refused = error
        waiter.turn.set()

    def _leave(self, waiter: _Waiter) -> None:
        if self._queue.remove(waiter.call.client, waiter) and waiter.call.client.patient:
            self._patient -= 1

    def _begin(self) -> float:
        began = time.monotonic()
        self._running.append(began)
        return began

    def _release(self, began: float, *, computed: bool = True) -> None:
        with self._lock:
            self._running.remove(began)
            if computed:
                self._service.add(time.monotonic() - began)
            while self._queue:
                waiter = self._queue.pop()
                self._patient -= waiter.call.client.patient
                if waiter.call.remaining_s() >= self._service.mean_s:
                    waiter.began = self._begin()
                    waiter.turn.set()
                    return
                self._refuse(
                    waiter,
                    OverloadedError(
                        "The call's turn came too late for its deadline.",
                        retry_after_s=self._retry_after_s(),
                    ),
                )
            self._free += 1
