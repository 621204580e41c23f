"""Pictures that tests can tell the turn, the colours and the rows of, and files of them."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def picture(width: int = 96, height: int = 64) -> Pixels:
    """Return a smooth BGR picture without symmetry, so that every turn of it differs."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    channels = (255 * x / width, 255 * y / height, 255 * (x / width) * (1 - y / height))
    return np.stack(channels, axis=-1).astype(np.uint8)


def written(pixels: Pixels, kind: str, mode: str = "RGB", **options: object) -> bytes:
    """Return the picture in a container, written by another library than the decoder's."""
    image = Image.fromarray(pixels[..., ::-1].copy()).convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def differs(first: Pixels, second: Pixels) -> float:
    """Return the mean absolute difference of two pictures, 0-255."""
    assert first.shape == second.shape
    return float(np.abs(first.astype(int) - second).mean())
