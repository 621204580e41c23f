"""Batches across calls, on a session that notes what it was given."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.engine.batching import BatchingSession

Array = NDArray[Any]
PATIENCE_S = 10.0


@dataclass
class Port:
    name: str
    shape: list[int | str]


@dataclass
class DoublingSession:
    """Doubles and negates its input. ``hold`` keeps a run until it is let go; ``refuses`` is a
    value that no batch may contain.
    """

    batches: list[Array] = field(default_factory=list)
    hold: threading.Event | None = None
    started: threading.Event = field(default_factory=threading.Event)
    refuses: float | None = None
    running: int = 0

    def get_inputs(self) -> list[Port]:
        return [Port("in", ["batch", 1, "width"])]

    def get_outputs(self) -> list[Port]:
        return [Port("double", ["batch"]), Port("negative", ["batch"])]

    def get_providers(self) -> list[str]:
        return ["Fake"]

    def run(self, names: Sequence[str] | None, feed: Mapping[str, Array]) -> list[Array]:
        self.running += 1
        assert self.running == 1, "two batches at once"
        self.started.set()
        if self.hold is not None:
            assert self.hold.wait(PATIENCE_S)
        self.running -= 1
        blob = feed["in"]
        self.batches.append(blob.copy())
        if self.refuses is not None and (blob == self.refuses).any():
            raise RuntimeError("no such value")
        return [blob * 2, -blob]


def blob(value: float, width: int = 3) -> Array:
    """Return an input filled with the value."""
    return np.full((1, 1, width), value, np.float32)


def ask(session: BatchingSession, value: float, width: int = 3) -> list[Any]:
    """Return the session's outputs for such an input."""
    return session.run(None, {"in": blob(value, width)})


def while_busy(
    fake: DoublingSession, session: BatchingSession, calls: Sequence[Callable[[], Any]]
) -> list[Any]:
    """Return the calls' outcomes, all made in order while a first call is still computed."""
    fake.hold = threading.Event()
    with ThreadPoolExecutor(len(calls) + 1) as pool:
        first = pool.submit(ask, session, 100.0)
        assert fake.started.wait(PATIENCE_S)
        others = []
        for number, call in enumerate(calls, start=1):
            others.append(pool.submit(call))
            deadline = threading.Event()
            while len(session._waiting) < number:
                assert not deadline.wait(0.001)
        fake.hold.set()
        np.testing.assert_array_equal(first.result(PATIENCE_S)[0], blob(200.0))
        return [other.exception(PATIENCE_S) or other.result(PATIENCE_S) for other in others]


def test_a_lone_caller_is_computed_alone_and_at_once() -> None:
    """Nobody waits for a batch to fill."""
    fake = DoublingSession()
    double, negative = ask(BatchingSession(fake, 8), 1.0)
    np.testing.assert_array_equal(double, blob(2.0))
    np.testing.assert_array_equal(negative, blob(-1.0))
    assert [batch.shape[0] for batch in fake.batches] == [1]


def test_callers_who_come_while_it_computes_run_together() -> None:
    """Each gets the row that is its own."""
    fake = DoublingSession()
    session = BatchingSession(fake, 8)
    answers = while_busy(fake, session, [lambda v=v: ask(session, v) for v in (1.0, 2.0, 3.0, 4.0)])
    assert [batch.shape[0] for batch in fake.batches] == [1, 4]
    for value, (double, negative) in enumerate(answers, start=1):
        np.testing.assert_array_equal(double, blob(value * 2.0))
        np.testing.assert_array_equal(negative, blob(-value))


def test_a_batch_is_filled_up_to_a_power_of_two_but_not_beyond_the_largest() -> None:
    """Few shapes for the device to plan; what fills up is answered to nobody."""
    fake = DoublingSession()
    session = BatchingSession(fake, 6)
    answers = while_busy(fake, session, [lambda v=v: ask(session, v) for v in range(1, 10)])
    assert [batch.shape[0] for batch in fake.batches] == [1, 6, 4]
    assert [float(double[0, 0, 0]) for double, _ in answers] == [2.0 * v for v in range(1, 10)]


def test_inputs_of_other_shapes_run_apart_in_their_order() -> None:
    """A canvas of another form waits for its turn, and no longer."""
    fake = DoublingSession()
    session = BatchingSession(fake, 8)
    widths = [3, 5, 3, 5, 4]
    answers = while_busy(fake, session, [lambda w=w: ask(session, w, w) for w in widths])
    assert [batch.shape for batch in fake.batches] == [
        (1, 1, 3),
        (2, 1, 3),
        (2, 1, 5),
        (1, 1, 4),
    ]
    assert [double.shape[2] for double, _ in answers] == widths


def test_a_bad_input_spoils_only_its_own_answer() -> None:
    """Others of its batch are computed without it."""
    fake = DoublingSession(refuses=2.0)
    session = BatchingSession(fake, 8)
    one, two, three = while_busy(
        fake, session, [lambda v=v: ask(session, v) for v in (1.0, 2.0, 3.0)]
    )
    assert isinstance(two, RuntimeError)
    np.testing.assert_array_equal(one[0], blob(2.0))
    np.testing.assert_array_equal(three[0], blob(6.0))
    np.testing.assert_array_equal(ask(session, 5.0)[0], blob(10.0))  # it goes on


def test_outputs_come_by_name_when_asked_so() -> None:
    """As InsightFace's classes ask for them."""
    (negative,) = BatchingSession(DoublingSession(), 4).run(["negative"], {"in": blob(1.0)})
    np.testing.assert_array_equal(negative, blob(-1.0))


def test_warming_up_runs_every_size() -> None:
    """So that no caller waits for the device's plans."""
    fake = DoublingSession()
    BatchingSession(fake, 6).warm_up(32)
    assert [batch.shape for batch in fake.batches] == [(n, 1, 32) for n in (1, 2, 4, 6)]


def test_a_batch_of_none_is_refused() -> None:
    """A mistake of the caller's."""
    with pytest.raises(ValueError, match="largest 0"):
        BatchingSession(DoublingSession(), 0)


def test_many_threads_get_their_own_answers() -> None:
    """Thousands of calls of mixed shapes, each answered with its own numbers."""
    session = BatchingSession(DoublingSession(), 4)

    def calls(thread: int) -> int:
        rng = np.random.default_rng(thread)
        wrong = 0
        for _ in range(300):
            value, width = float(rng.integers(1, 1000)), int(rng.integers(1, 4))
            wrong += not np.array_equal(ask(session, value, width)[0], blob(2 * value, width))
        return wrong

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(calls, range(12))) == 0
    assert not session._busy
    assert not session._waiting
