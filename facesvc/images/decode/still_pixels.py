"""Pixels of the formats that come up more rarely: AVIF, GIF, BMP and TIFF, by Pillow."""

from __future__ import annotations

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image, UnidentifiedImageError

from facesvc.images.decode.structure import Structure, damaged, unsupported

# One thread: calls share the cores by permits, and Pillow would take them all.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
_DEEP_GREY = ("I;16", "I;16B", "I;16L", "I;16N")
_FAILURES = (
    *(OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError),
    *(OverflowError, RuntimeError, ZeroDivisionError, Image.DecompressionBombError),
)


def decode_still(data: bytes, found: Structure) -> NDArray[np.uint8]:
    """Return the first frame, uint8 (height, width, 3) BGR or (height, width, 4) BGRA.

    Raises ImageUndecodableError, ImageUnsupportedError.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=[found.container.value]) as image:
                # A frame may be smaller than its canvas; a TIFF may lie on its side.
                size = sorted((found.width, found.height))
                if found.place is None and sorted(image.size) != size:
                    raise damaged(found.container, "its pixels are not of the size that it claims")
                image.load()
                pixels = _to_rgb(image)
    except UnidentifiedImageError as error:
        raise unsupported(found.container, f"A {found.container.value} of this kind") from error
    except _FAILURES as error:
        raise damaged(found.container, "its pixels cannot be decoded") from error
    return np.ascontiguousarray(
        pixels[..., ::-1] if pixels.shape[2] == 3 else pixels[..., (2, 1, 0, 3)]
    )


def _to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode in _DEEP_GREY:
        deep = np.asarray(image)
        return np.repeat((deep >> 8).astype(np.uint8)[..., None], 3, axis=2)
    transparent = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    return np.asarray(image.convert("RGBA" if transparent else "RGB"), np.uint8)
