"""Crops and blobs as the manifests ask for them."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.engine.kernels.alignment import similarity
from facesvc.engine.view import FaceView
from facesvc.models.manifest import Crop, ModelFile

# dlib's mean face (get_face_chip_details, the 51 inner points): the mean of each eye's six
# points, the nose tip and the mouth corners, in units of the face, origin top-left.
DLIB_FIVE = np.array(
    [
        [0.225492, 0.215990],
        [0.754761, 0.215990],
        [0.490127, 0.515625],
        [0.254149, 0.780233],
        [0.726104, 0.780233],
    ]
)


def cut(view: FaceView, spec: ModelFile) -> NDArray[np.uint8]:
    """Return the crop that the model wants, uint8 (size, size, 3), BGR."""
    size = spec.input_size or 0
    if spec.crop is Crop.BOX:
        return _box(view, spec.crop_scale, size)
    if spec.crop is Crop.BOX_INSIDE:
        return _box_inside(view, spec.crop_scale, size)
    if spec.crop is Crop.DLIB_CHIP:
        return _dlib_chip(view, spec.crop_padding, size)
    raise ValueError(f"{spec.file}: the crop {spec.crop} is cut by the model's own class")


def to_blob(crop: NDArray[np.uint8], spec: ModelFile) -> NDArray[np.float32]:
    """Return the crop as float32 (1, 3, size, size), in the model's order and range."""
    planes = cv2.split(crop)
    if spec.channel_order == "RGB":
        planes = planes[::-1]
    blob = np.empty((1, len(planes), *crop.shape[:2]), np.float32)
    for plane, table, target in zip(planes, _tables(spec), blob[0], strict=True):
        cv2.LUT(plane, table, dst=target)
    return blob


@lru_cache
def _tables(spec: ModelFile) -> list[NDArray[np.float32]]:
    """Return each channel's 256 values: a look-up is faster than the arithmetic."""
    values = np.arange(256, dtype=np.float32)
    return [
        (values - np.float32(mean)) / np.float32(std)
        for mean, std in zip(spec.mean, spec.std, strict=True)
    ]


def _box(view: FaceView, scale: float, size: int) -> NDArray[np.uint8]:
    """Enlarge the box about its centre and clip it at the photo's edges."""
    height, width = view.pixels.shape[:2]
    x1, y1, x2, y2 = (float(value) for value in view.box)
    margin_x, margin_y = (x2 - x1) * (scale - 1) / 2, (y2 - y1) * (scale - 1) / 2
    left, right = max(0, int(x1 - margin_x)), min(width, int(x2 + margin_x))
    top, bottom = max(0, int(y1 - margin_y)), min(height, int(y2 + margin_y))
    return _resized(view.pixels, left, top, right, bottom, size)


def _box_inside(view: FaceView, scale: float, size: int) -> NDArray[np.uint8]:
    """Enlarge the box, less where the photo is too small, and move it inside the photo.

    The rule of Silent-Face-Anti-Spoofing's CropImage, which its models were trained with.
    """
    height, width = view.pixels.shape[:2]
    x1, y1, x2, y2 = (float(value) for value in view.box)
    box_width, box_height = max(1.0, x2 - x1), max(1.0, y2 - y1)
    scale = min(scale, (width - 1) / box_width, (height - 1) / box_height)
    new_width, new_height = box_width * scale, box_height * scale
    left = min(max(0.0, (x1 + x2 - new_width) / 2), width - 1 - new_width)
    top = min(max(0.0, (y1 + y2 - new_height) / 2), height - 1 - new_height)
    right, bottom = int(left + new_width) + 1, int(top + new_height) + 1
    return _resized(view.pixels, int(left), int(top), right, bottom, size)


def _dlib_chip(view: FaceView, padding: float, size: int) -> NDArray[np.uint8]:
    """Move the five landmarks to dlib's mean face, ``padding`` faces wide around it."""
    target = (DLIB_FIVE + padding) / (1 + 2 * padding) * size
    try:
        matrix = similarity(view.landmarks, target)
    except ValueError:  # landmarks in one point
        return np.zeros((size, size, 3), np.uint8)
    return np.asarray(cv2.warpAffine(view.pixels, matrix, (size, size)), np.uint8)


def _resized(
    pixels: NDArray[np.uint8], left: int, top: int, right: int, bottom: int, size: int
) -> NDArray[np.uint8]:
    """Resize a region that may be empty where a box lies outside the photo."""
    region = pixels[top:bottom, left:right]
    if region.size == 0:
        return np.zeros((size, size, 3), np.uint8)
    return np.asarray(cv2.resize(region, (size, size)), np.uint8)
