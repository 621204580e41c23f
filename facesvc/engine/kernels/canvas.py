"""The detector's input: a photo scaled into a black canvas, in one pass and reused memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

STRIDE = 32  # the detectors' coarsest; both sides of the input must be multiples of it

# Black that a tight canvas keeps beside the photo. Without any, a face that the photo's edge
# cuts through moved by 2.4 % of its eye distance, with it by 1.4 %; whole faces by 0.1 %.
MARGIN_PX = 32


@dataclass
class _Buffer:
    """``filled`` is the shape of the blob and of the photo in it; black is around that one."""

    memory: NDArray[np.float32]
    filled: tuple[int, int, int, int] = (0, 0, 0, 0)


class Canvas:
    """Fits photos into ``side`` x ``side`` pixels and hands them over as a blob.

    ``tight`` leaves out the rows or columns of black that a photo which is not square would
    need, but for a margin: a 9:16 photo then costs 65 % of the square. The scale stays the
    same, and so do the faces (benchmarks/precision measures it). Thread-safe: a blob is its
    caller's until the ``with`` ends; then the next call gets its memory, warm from the last use.

    Args:
        side: the side in pixels of the square, a multiple of 32.
        mean: the value in every channel that becomes 0.
        std: the spread by which pixels are divided; exact for powers of two.
        tight: whether the canvas is cut to the photo's shape.
        is_bgr: whether the blob's channels are BGR; else they are RGB.

    """

    def __init__(
        self, side: int, mean: float, std: float, *, tight: bool, is_bgr: bool = False
    ) -> None:
        if side % STRIDE:
            raise ValueError(f"side {side} is not a multiple of {STRIDE}")
        self._side, self._mean, self._std, self._tight = side, mean, std, tight
        self._order = slice(None) if is_bgr else slice(None, None, -1)
        self._free: list[_Buffer] = []  # last in, first out; append and pop are atomic

    @contextmanager
    def blob(self, pixels: NDArray[np.uint8]) -> Iterator[tuple[NDArray[np.float32], float]]:
        """Yield the input, float32 (1, 3, height, width), and the photo's scale in it.

        ``pixels`` are BGR, uint8 (height, width, 3), at most ``side`` times as long as wide.
        """
        try:
            buffer = self._free.pop()
        except IndexError:
            buffer = _Buffer(np.empty(3 * self._side * self._side, np.float32))
        try:
            yield self._fill(buffer, pixels), self.fitted(pixels)[0] / pixels.shape[0]
        finally:
            self._free.append(buffer)

    def _fill(self, buffer: _Buffer, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        height, width = self.fitted(pixels)
        blob = self._blackened(buffer, height, width)
        small = pixels
        if (height, width) != pixels.shape[:2]:
            small = np.asarray(cv2.resize(pixels, (width, height)), np.uint8)
        for plane, channel in zip(blob[0], cv2.split(small)[self._order], strict=True):
            self._scale(channel, plane[:height, :width])
        return blob

    def _scale(self, channel: cv2.typing.MatLike, target: NDArray[np.float32]) -> None:
        """Write x / std - mean / std straight into the blob."""
        if self._mean == 0.0 and self._std == 1.0:
            np.copyto(target, channel)
            return
        cv2.addWeighted(
            channel,
            1.0 / self._std,
            channel,
            0.0,
            -self._mean / self._std,
            dst=target,
            dtype=cv2.CV_32F,
        )

    def fitted(self, pixels: NDArray[np.uint8]) -> tuple[int, int]:
        """Return the height and width, pixels, that the photo is scaled to.

        The same numbers as InsightFace's SCRFD: the long side fills the canvas, the short
        one is cut to whole pixels.
        """
        ratio = pixels.shape[0] / pixels.shape[1]
        if ratio > 1.0:
            return self._side, max(1, int(self._side / ratio))
        return max(1, int(self._side * ratio)), self._side

    def _blackened(self, buffer: _Buffer, height: int, width: int) -> NDArray[np.float32]:
        """Return the buffer as a blob with everything outside the photo black."""
        if self._tight:
            rows = min(self._side, _round_up(height + MARGIN_PX))
            columns = min(self._side, _round_up(width + MARGIN_PX))
        else:
            rows = columns = self._side
        blob = buffer.memory[: 3 * rows * columns].reshape(1, 3, rows, columns)
        if buffer.filled != (rows, columns, height, width):
            blob.fill(-self._mean / self._std)
            buffer.filled = (rows, columns, height, width)
        return blob


def _round_up(length: int) -> int:
    return -(-length // STRIDE) * STRIDE
