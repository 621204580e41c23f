"""Sessions whose answers a test computes itself, behind the engine's OpenModel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesvc.engine.sessions import OpenModel
from facesvc.models.builtin import COMPACT_SINGLE
from facesvc.models.manifest import Meaning, Role

Answer = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]

RECOGNIZER = COMPACT_SINGLE.with_role(Role.RECOGNIZER)[0]
YUNET = replace(
    COMPACT_SINGLE.with_role(Role.DETECTOR)[0],
    output=Meaning.YUNET,
    channel_order="BGR",
    mean=(0.0, 0.0, 0.0),
    std=(1.0, 1.0, 1.0),
)


class FakeSession:
    """Answers with what ``answer`` makes of the input."""

    def __init__(
        self, sides: tuple[Any, Any], outputs: Sequence[list[Any]], answer: Answer
    ) -> None:
        self._input = SimpleNamespace(name="input", shape=[1, 3, *sides])
        self._outputs = [SimpleNamespace(shape=shape) for shape in outputs]
        self._answer = answer

    def get_inputs(self) -> Sequence[Any]:
        return [self._input]

    def get_outputs(self) -> Sequence[Any]:
        return self._outputs

    def get_providers(self) -> Sequence[str]:
        return ["CPUExecutionProvider"]

    def run(self, names: Sequence[str] | None, feed: Mapping[str, Any]) -> list[Any]:
        return self._answer(feed["input"])


def recognizer(size: int, answer: Answer, weight: float = 1.0) -> OpenModel:
    """Return a recognizer of ``size`` numbers."""
    spec = replace(RECOGNIZER, weight=weight)
    return OpenModel(spec, FakeSession((112, 112), [[1, size]], answer), b"")


def yunet(answer: Answer) -> OpenModel:
    """Return a detector of YuNet's kind, which takes any size."""
    shapes = [[1, "rows", width] for width in (1, 1, 4, 10) for _ in range(3)]
    return OpenModel(YUNET, FakeSession(("height", "width"), shapes, answer), b"")


def yunet_outputs(
    height: int, width: int, faces: Sequence[tuple[int, int, int, float, Any, Any]]
) -> list[NDArray[np.float32]]:
    """Return YuNet's twelve outputs for an input of this size.

    Each face is (stride, column, row, confidence, box, points): the box (x1, y1, x2, y2) and the
    points (5, 2) in pixels of the input. Class and objectness differ, their mean is the
    confidence.
    """
    strides = (8, 16, 32)
    counts = [(height // stride) * (width // stride) for stride in strides]
    outputs = [np.zeros((1, n, size), np.float32) for size in (1, 1, 4, 10) for n in counts]
    for stride, column, row, confidence, box, points in faces:
        level = strides.index(stride)
        cell = row * (width // stride) + column
        x1, y1, x2, y2 = box
        corner = np.array([column, row], np.float64)
        outputs[level][0, cell] = confidence**2 / 0.97
        outputs[3 + level][0, cell] = 0.97
        centre = np.array([x1 + x2, y1 + y2]) / 2 / stride - corner
        size = np.log(np.array([x2 - x1, y2 - y1]) / stride)
        outputs[6 + level][0, cell] = [*centre, *size]
        outputs[9 + level][0, cell] = (np.asarray(points) / stride - corner).reshape(-1)
    return outputs
