"""Makes HEIC files: the encoder is a tool of the tests only."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image


def heic(image: Image.Image, *, tile_size: int = 0, bits: int = 8, orientation: int = 1) -> bytes:
    """Return the image as HEIC; ``orientation`` as in EXIF, written as irot and imir."""
    options: dict[str, Any] = {"quality": 95, "chroma": "444"}
    if tile_size:
        options["tile_size"] = tile_size
    if bits > 8:
        deep = np.asarray(image).astype(np.uint16) * 257
        made = pillow_heif.from_bytes("RGB;16", image.size, deep.tobytes())
    else:
        made = pillow_heif.from_pillow(image)
    buffer = io.BytesIO()
    if orientation > 1:
        exif = Image.Exif()
        exif[0x0112] = orientation
        image.info["exif"] = exif.tobytes()
        pillow_heif.register_heif_opener()
        image.save(buffer, "HEIF", exif=exif.tobytes(), **options)
    else:
        made.save(buffer, **options)
    return buffer.getvalue()
