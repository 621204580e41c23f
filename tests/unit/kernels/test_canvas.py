"""The detector's input canvas."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.adapters.kernels.canvas import Canvas


def photo(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Return seeded noise."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def expected(pixels: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """Return InsightFace's way: resize, paste into black, blobFromImage."""
    ratio = pixels.shape[0] / pixels.shape[1]
    height, width = (side, int(side / ratio)) if ratio > 1 else (int(side * ratio), side)
    square = np.zeros((side, side, 3), np.uint8)
    square[:height, :width] = cv2.resize(pixels, (width, height))
    blob = cv2.dnn.blobFromImage(
        square, 1.0 / 128, (side, side), (127.5, 127.5, 127.5), swapRB=True
    )
    return np.asarray(blob, np.float32)


@pytest.mark.parametrize("shape", [(640, 640), (480, 640), (1000, 333), (90, 1000), (31, 77)])
def test_blob_is_what_insightface_feeds(shape: tuple[int, int]) -> None:
    """Every value is equal, on photos that shrink, grow or fit."""
    pixels = photo(*shape)
    blob, scale = Canvas(640, 127.5, 128.0, tight=False).blob(pixels)
    np.testing.assert_array_equal(blob, expected(pixels, 640))
    assert scale == pytest.approx(640 / max(shape), rel=0.02)


@pytest.mark.parametrize(
    ("shape", "rows", "columns"),
    [((1920, 1080), 640, 416), ((480, 640), 512, 640), ((10, 1000), 64, 640), ((64, 64), 640, 640)],
)
def test_tight_canvas_leaves_out_black_but_for_a_margin(
    shape: tuple[int, int], rows: int, columns: int
) -> None:
    """What is left is the same part of the square canvas."""
    pixels = photo(*shape)
    blob, _ = Canvas(640, 127.5, 128.0, tight=True).blob(pixels)
    assert blob.shape == (1, 3, rows, columns)
    np.testing.assert_array_equal(blob, expected(pixels, 640)[:, :, :rows, :columns])


def test_nothing_of_an_earlier_photo_is_left() -> None:
    """The reused buffer is black again wherever the next photo does not reach."""
    canvas = Canvas(64, 127.5, 128.0, tight=False)
    for shape in ((64, 64), (64, 20), (20, 64), (20, 64), (64, 63)):
        pixels = photo(*shape, seed=shape[1])
        np.testing.assert_array_equal(canvas.blob(pixels)[0], expected(pixels, 64))


def test_threads_do_not_share_a_buffer() -> None:
    """A blob stays what it was while another thread fills its own."""
    canvas, photos = Canvas(64, 127.5, 128.0, tight=True), [photo(64, 64, seed) for seed in (1, 2)]
    mine, _ = canvas.blob(photos[0])
    other = threading.Thread(target=canvas.blob, args=(photos[1],))
    other.start()
    other.join()
    np.testing.assert_array_equal(mine, expected(photos[0], 64))


def test_a_side_that_no_stride_divides_is_refused() -> None:
    """SCRFD's grids would not meet."""
    with pytest.raises(ValueError, match="multiple of 32"):
        Canvas(100, 127.5, 128.0, tight=True)
