"""The detector's input canvas."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.engine.kernels.canvas import Canvas


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
    with Canvas(640, 127.5, 128.0, tight=False).blob(pixels) as (blob, scale):
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
    with Canvas(640, 127.5, 128.0, tight=True).blob(pixels) as (blob, _):
        assert blob.shape == (1, 3, rows, columns)
        np.testing.assert_array_equal(blob, expected(pixels, 640)[:, :, :rows, :columns])


def test_nothing_of_an_earlier_photo_is_left() -> None:
    """The reused buffer is black again wherever the next photo does not reach."""
    canvas = Canvas(64, 127.5, 128.0, tight=False)
    for shape in ((64, 64), (64, 20), (20, 64), (20, 64), (64, 63)):
        pixels = photo(*shape, seed=shape[1])
        with canvas.blob(pixels) as (blob, _):
            np.testing.assert_array_equal(blob, expected(pixels, 64))


def test_calls_at_the_same_time_do_not_share_a_buffer() -> None:
    """A blob stays what it was until its call is done, whatever others fill meanwhile."""
    canvas, photos = Canvas(64, 127.5, 128.0, tight=True), [photo(64, 64, seed) for seed in (1, 2)]
    with canvas.blob(photos[0]) as (first, _), canvas.blob(photos[1]) as (second, _):
        np.testing.assert_array_equal(first, expected(photos[0], 64))
        np.testing.assert_array_equal(second, expected(photos[1], 64))


def test_a_later_call_gets_the_memory_of_the_last_one_whatever_its_thread() -> None:
    """Warm in the cache, and no more memory than calls at the same time need."""
    canvas = Canvas(64, 127.5, 128.0, tight=True)
    places: list[int] = []

    def call() -> None:
        with canvas.blob(photo(64, 64)) as (blob, _):
            places.append(blob.ctypes.data)

    for _ in range(3):
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
    assert len(set(places)) == 1


def test_a_failed_call_gives_its_buffer_back() -> None:
    """Errors do not cost memory."""
    canvas = Canvas(64, 127.5, 128.0, tight=True)
    with pytest.raises(RuntimeError), canvas.blob(photo(64, 64)) as (first, _):
        raise RuntimeError
    with canvas.blob(photo(64, 64)) as (second, _):
        assert first.ctypes.data == second.ctypes.data


def test_a_side_that_no_stride_divides_is_refused() -> None:
    """SCRFD's grids would not meet."""
    with pytest.raises(ValueError, match="multiple of 32"):
        Canvas(100, 127.5, 128.0, tight=True)
