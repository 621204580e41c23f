"""Batches across calls: what many threads ask of one model at the same time runs as one."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Session(Protocol):
    """The methods of an ONNX Runtime session that the engine calls."""

    def get_inputs(self) -> Sequence[Any]: ...
    def get_outputs(self) -> Sequence[Any]: ...
    def get_providers(self) -> Sequence[str]: ...
    def run(self, names: Sequence[str] | None, feed: Mapping[str, Array]) -> list[Any]: ...


@dataclass
class _Request:
    """One caller's input. Woken with an answer, an error, or neither: then it is its turn."""

    name: str
    blob: Array
    wake: threading.Event = field(default_factory=threading.Event)
    outputs: list[Array] | None = None
    error: Exception | None = None

    @property
    def is_settled(self) -> bool:
        return self.outputs is not None or self.error is not None


class BatchingSession:
    """A session of which each caller asks for one input, and which runs up to ``largest`` at once.

    Nobody waits for a batch to fill: a caller who finds the model idle runs it at once, those
    who come meanwhile run together when it is free again. So a lone caller loses nothing, and
    under load the batches grow by themselves. Batches are filled up to a power of two, so that
    the device sees few shapes: it plans anew for each. Inputs of different shapes run apart, in
    the order in which their first one came.

    The model must take any batch (graph/batch.py). Thread-safe; one batch runs at a time.
    """

    def __init__(self, session: Session, largest: int) -> None:
        if largest < 1:
            raise ValueError(f"largest {largest} is not positive")
        self._session, self._largest = session, largest
        self._lock = threading.Lock()
        self._waiting: deque[_Request] = deque()
        self._busy = False

    def get_inputs(self) -> Sequence[Any]:
        """Return the inputs."""
        return self._session.get_inputs()

    def get_outputs(self) -> Sequence[Any]:
        """Return the outputs."""
        return self._session.get_outputs()

    def get_providers(self) -> Sequence[str]:
        """Return what runs the model, first choice first."""
        return self._session.get_providers()

    def warm_up(self, side: int) -> None:
        """Run every size of batch once, on black, with ``side`` for sides that are free: a device
        plans each when it first sees it. Raises what the session raises.
        """
        feed = self.get_inputs()[0]
        sides = [s if isinstance(s, int) else side for s in feed.shape[1:]]
        rows = 1
        while rows < 2 * self._largest:
            shape = (min(rows, self._largest), *sides)
            self._session.run(None, {feed.name: np.zeros(shape, np.float32)})
            rows *= 2

    def run(self, names: Sequence[str] | None, feed: Mapping[str, Array]) -> list[Array]:
        """Return all outputs for the one input, whose batch is 1, or those ``names`` names.

        Raises what the session raises for this input alone.
        """
        ((name, blob),) = feed.items()
        request = _Request(name, blob)
        with self._lock:
            self._waiting.append(request)
            idle, self._busy = not self._busy, True
        if not idle:
            request.wake.wait()
        if not request.is_settled:
            self._run_batch(self._take())
        if request.error is not None:
            raise request.error
        outputs = request.outputs or []
        if names is None:
            return outputs
        places = [output.name for output in self.get_outputs()]
        return [outputs[places.index(wanted)] for wanted in names]

    def _take(self) -> list[_Request]:
        """Take the first in line and who comes later with the same shape."""
        with self._lock:
            shape = self._waiting[0].blob.shape
            batch = [request for request in self._waiting if request.blob.shape == shape]
            del batch[self._largest :]
            taken = {id(request) for request in batch}
            self._waiting = deque(r for r in self._waiting if id(r) not in taken)
        return batch

    def _run_batch(self, batch: list[_Request]) -> None:
        """Settle the batch, wake its callers, and hand the model to the next in line."""
        try:
            self._settle(batch)
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._busy = following is not None
            for request in batch:
                request.wake.set()
            if following is not None:
                following.wake.set()

    def _settle(self, batch: list[_Request]) -> None:
        try:
            together = self._session.run(None, {batch[0].name: _joined(batch, self._largest)})
        except Exception as error:  # ONNX Runtime's exceptions have no common base
            if len(batch) == 1:
                batch[0].error = error
                return
            for request in batch:  # one input must not spoil the others' answers
                self._settle([request])
            return
        for row, request in enumerate(batch):
            request.outputs = [output[row : row + 1] for output in together]


def _joined(batch: Sequence[_Request], largest: int) -> Array:
    """Return the inputs as one, the last repeated up to a power of two."""
    if len(batch) == 1:
        return batch[0].blob
    rows = min(1 << (len(batch) - 1).bit_length(), largest)
    joined = np.empty((rows, *batch[0].blob.shape[1:]), batch[0].blob.dtype)
    for row in range(rows):
        joined[row] = batch[min(row, len(batch) - 1)].blob[0]
    return joined
