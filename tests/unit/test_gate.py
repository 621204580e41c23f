"""Permits to compute."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from facesvc.admission.permit_gate import PermitGate
from facesvc.application.call import Call
from facesvc.domain.errors import CallEndedError, OverloadedError


def wait_until(gate: PermitGate, waiting: int) -> None:
    """Wait for others to stand in the queue."""
    deadline = time.monotonic() + 5
    while gate.waiting != waiting:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_no_more_than_the_permits_compute_at_once() -> None:
    """Sixteen callers, two permits."""
    gate, lock = PermitGate(2, 16), threading.Lock()
    running, most = 0, 0

    def work() -> None:
        nonlocal running, most
        with gate.admit(Call()):
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.005)
            with lock:
                running -= 1

    with ThreadPoolExecutor(16) as pool:
        for future in [pool.submit(work) for _ in range(16)]:
            future.result()
    assert most == 2


def test_permits_are_given_in_order_of_arrival() -> None:
    """First come, first served: nobody starves."""
    gate, order = PermitGate(1, 8), []

    def work(number: int) -> None:
        with gate.admit(Call()):
            order.append(number)

    with ThreadPoolExecutor(8) as pool, gate.admit(Call()):
        for number in range(5):
            pool.submit(work, number)
            wait_until(gate, number + 1)
    assert order == [0, 1, 2, 3, 4]


def test_one_caller_among_greedy_ones_waits_for_each_of_them_once() -> None:
    """However often three others come back, a fourth has its turn after one call of each: a
    small photo does not wait for large ones that came later.
    """
    gate, served, done = PermitGate(1, 8), [], threading.Event()

    def greedy(name: str) -> None:
        while not done.is_set():
            with gate.admit(Call()):
                served.append(name)

    def modest() -> None:
        with gate.admit(Call()):
            served.append("modest")
        done.set()

    with ThreadPoolExecutor(4) as pool:
        with gate.admit(Call()):
            for number, name in enumerate("abc"):
                pool.submit(greedy, name)
                wait_until(gate, number + 1)
            pool.submit(modest)
            wait_until(gate, 4)
        assert done.wait(5)
    assert served.index("modest") == 3


def test_caller_beyond_the_queue_is_refused_at_once() -> None:
    """With the time after which to try again."""
    gate = PermitGate(1, 1)
    with ThreadPoolExecutor(1) as pool, gate.admit(Call()):
        waiter = pool.submit(lambda: gate.admit(Call()).__enter__())
        wait_until(gate, 1)
        with pytest.raises(OverloadedError) as caught, gate.admit(Call()):
            pass
        assert caught.value.retry_after_s >= 1
        waiter.cancel()


@pytest.mark.parametrize("how", ["cancelled", "late"])
def test_call_that_ends_while_waiting_leaves_the_queue(how: str) -> None:
    """It gets no permit, and the permit is not lost."""
    gate = PermitGate(1, 4)
    call = Call(0.05 if how == "late" else None)
    with ThreadPoolExecutor(1) as pool, gate.admit(Call()):

        def wait() -> None:
            with gate.admit(call):
                raise AssertionError("must not compute")

        waiter = pool.submit(wait)
        wait_until(gate, 1)
        if how == "cancelled":
            call.cancel()
        with pytest.raises(CallEndedError):
            waiter.result(timeout=5)
        assert gate.waiting == 0
    with gate.admit(Call(1.0)):
        pass


def test_failing_work_gives_its_permit_back() -> None:
    """An exception must not leak a permit."""
    gate = PermitGate(1, 1)
    for _ in range(3):
        with pytest.raises(ValueError, match="boom"), gate.admit(Call(1.0)):
            raise ValueError("boom")
