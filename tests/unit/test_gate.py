"""Permits to compute."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from facesvc.admission.permit_gate import ALWAYS_WAITING, PermitGate
from facesvc.admission.service_time import ServiceTime
from facesvc.application.call import Call, Client
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
        assert caught.value.retry_after_s >= 0.25
        waiter.cancel()


@pytest.mark.parametrize("how", ["cancelled", "late"])
def test_call_that_ends_while_waiting_leaves_the_queue(how: str) -> None:
    """It gets no permit, and the permit is not lost."""
    gate = PermitGate(1, 4)
    call = Call(0.5 if how == "late" else None)  # long enough to be seen in the queue first
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


def served_of(gate: PermitGate, service_s: float, calls: list[Call]) -> list[str]:
    """Let every call in at once, in order, and return what became of each."""

    def work(call: Call) -> str:
        try:
            with gate.admit(call):
                time.sleep(service_s)
                return "late" if call.ended else "served"
        except OverloadedError:
            return "refused"
        except CallEndedError:
            return "ended"

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = []
        for call in calls:
            futures.append(pool.submit(work, call))
            time.sleep(0.001)
        return [future.result() for future in futures]


def learned(permits: int, service_s: float) -> PermitGate:
    """Return a gate that has seen calls of this length."""
    service_time = ServiceTime()
    service_time.add(service_s)
    return PermitGate(permits, 64, service_time)


def test_call_that_cannot_make_its_deadline_is_refused_at_once() -> None:
    """Instead of computing what nobody will wait for: two services fit into the deadline."""
    gate = learned(1, 0.4)
    began = time.monotonic()
    outcomes = served_of(gate, 0.4, [Call(1.1) for _ in range(6)])
    assert outcomes == ["served", "served", "refused", "refused", "refused", "refused"]
    assert time.monotonic() - began < 1.6


def test_turn_that_comes_too_late_is_passed_on() -> None:
    """The call behind it, which has time, is served instead, and no permit is lost."""
    gate = learned(1, 0.2)
    outcomes = served_of(gate, 0.5, [Call(), Call(0.6), Call()])
    assert outcomes == ["served", "refused", "served"]
    assert gate.waiting == 0
    with gate.admit(Call()):
        pass


def test_work_that_waits_is_bounded_by_its_time() -> None:
    """0.3 s of work are ten calls of 30 ms; slow calls may wait too, but few of them."""
    assert learned(1, 0.03).most_waiting == 10
    assert learned(1, 0.001).most_waiting == 64
    gate = learned(1, 0.1)
    assert gate.most_waiting == ALWAYS_WAITING
    with ThreadPoolExecutor(ALWAYS_WAITING) as pool, gate.admit(Call()):
        for number in range(ALWAYS_WAITING):
            gate.check(Client(), 99.0)
            pool.submit(served_of, gate, 0.0, [Call()])
            wait_until(gate, number + 1)
        with pytest.raises(OverloadedError):
            gate.check(Client(), 99.0)


def test_client_with_less_waiting_takes_the_place_of_a_flood() -> None:
    """The flood's newest call is refused in its favour, and it is the next to be served."""
    gate, order = learned(1, 0.1), []

    def work(call: Call) -> None:
        with gate.admit(call):
            order.append(call.client.name)

    flood, modest = Client("flood"), Client("modest")
    with ThreadPoolExecutor(16) as pool:
        with gate.admit(Call()):
            waiting = [pool.submit(work, Call(client=flood)) for _ in range(ALWAYS_WAITING)]
            wait_until(gate, ALWAYS_WAITING)
            with pytest.raises(OverloadedError):
                gate.check(flood, 9.0)
            gate.check(modest, 9.0)
            call = pool.submit(work, Call(client=modest))
            while not any(each.done() for each in waiting):
                time.sleep(0.001)
        call.result(timeout=5)
        refused = [
            each for each in waiting if isinstance(each.exception(timeout=5), OverloadedError)
        ]
    assert len(refused) == 1
    assert sorted(order) == ["flood"] * (ALWAYS_WAITING - 1) + ["modest"]
    assert "modest" in order[:2]


def test_patient_calls_wait_beside_the_others() -> None:
    """The photos of a batch are not refused because others wait, nor the other way round."""
    gate = learned(1, 0.1)
    patient = [Call(client=Client("a", patient=True)) for _ in range(5)]
    outcomes = served_of(gate, 0.02, [Call(), *patient, Call(client=Client("b"))])
    assert outcomes == ["served"] * 7


def test_callers_refused_together_are_told_different_times() -> None:
    """So that they do not come back together."""
    gate, told = learned(1, 0.1), set()
    with ThreadPoolExecutor(ALWAYS_WAITING) as pool, gate.admit(Call()):
        for _ in range(ALWAYS_WAITING):
            pool.submit(served_of, gate, 0.0, [Call()])
        wait_until(gate, ALWAYS_WAITING)
        for _ in range(20):
            with pytest.raises(OverloadedError) as caught:
                gate.check(Client(), 99.0)
            told.add(round(caught.value.retry_after_s, 2))
    assert len(told) > 5
    assert min(told) >= 0.25
