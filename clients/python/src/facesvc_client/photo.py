"""What may be given as a photo, and how it travels."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from facesvc_client.v1 import types_pb2

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    PhotoFile: TypeAlias = (
        str | PathLike[str] | bytes | bytearray | memoryview | Image.Image | NDArray[np.uint8]
    )
    Photo: TypeAlias = "PhotoFile | AlignedCrop | Embedding"
else:
    Photo = PhotoFile = Any


@dataclass(frozen=True)
class AlignedCrop:
    """A face of 112 x 112 pixels that was found and aligned as ArcFace does: the service looks for
    none. Embedding, comparing, enrolling, searching and verifying take it.
    """

    photo: PhotoFile


@dataclass(frozen=True)
class Embedding:
    """A face by the 512 numbers that ``embed`` answered, and ``model``, as that answer told it, in
    place of a photo. Comparing, enrolling, searching and verifying take it.
    """

    values: Sequence[float]
    model: str


JPEG_QUALITY = 95  # with full colour resolution: what it takes away moves no similarity that counts


def source_of(photo: Photo, suffix: str = "") -> dict[str, Any]:
    """Return the request's fields for a photo; ``suffix`` as in Compare's ``image_1``.

    A ``str`` that starts with http:// or https:// is a URL, which the service fetches; every other
    ``str`` or path is a file; ``bytes`` are an image file's content. An array is RGB, uint8,
    (height, width, 3), or grey, (height, width); OpenCV's BGR is turned by ``array[..., ::-1]``.
    Raises OSError for a file, TypeError and ValueError for what is no photo.
    """
    if isinstance(photo, Embedding):
        face = types_pb2.FaceEmbedding(values=photo.values, model=photo.model)
        return {f"embedding{suffix}": face}
    if isinstance(photo, AlignedCrop):
        return {**source_of(photo.photo, suffix), f"input{suffix}": types_pb2.ALIGNED_CROP}
    if isinstance(photo, str) and photo.startswith(("http://", "https://")):
        return {f"image_url{suffix}": photo}
    return {f"image{suffix}": bytes_of(photo)}


def bytes_of(photo: PhotoFile) -> bytes:
    """Return an image file's content for a photo. Raises OSError, TypeError, ValueError."""
    if isinstance(photo, bytes | bytearray | memoryview):
        return bytes(photo)
    if isinstance(photo, str | PathLike):
        return Path(photo).read_bytes()
    if hasattr(photo, "__array_interface__") and not hasattr(photo, "getexif"):
        return _encoded(_from_array(photo))
    if hasattr(photo, "save"):
        return _encoded(photo)
    raise TypeError(f"a photo is a path, URL, bytes, array or PIL image, not {type(photo)}")


def _from_array(array: Any) -> Any:
    from PIL import Image  # the extra "images"

    if str(array.dtype) != "uint8":
        raise ValueError(f"an array of a photo is uint8, not {array.dtype}")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3):
        raise ValueError(f"an array of a photo is (height, width, 3), not {array.shape}")
    return Image.fromarray(array)


def _encoded(image: Any) -> bytes:
    """Return a PIL image as JPEG, turned as its EXIF says."""
    from PIL import ImageOps

    written = io.BytesIO()
    upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.save(written, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return written.getvalue()
