"""Finding faces: InsightFace's SCRFD on the project's session."""

from __future__ import annotations

import math

import cv2
import numpy as np
from insightface.model_zoo.scrfd import SCRFD
from numpy.typing import NDArray

from facesvc.adapters.engine.config import EngineConfig, EngineError
from facesvc.adapters.engine.sessions import OpenModel

DETECTION_THRESHOLD = 0.5  # insightface.model_zoo.scrfd.SCRFD.det_thresh
NMS_THRESHOLD = 0.4  # insightface.model_zoo.scrfd.SCRFD.nms_thresh

# A thin photo shrinks to nothing in the letterbox and cv2.resize raises. One cell of SCRFD's
# coarsest stride is the least that is left of the short side.
MIN_LETTERBOX_SIDE_PX = 32

Detections = tuple[NDArray[np.float32], NDArray[np.float32]]


class Detector:
    """Detects at one fixed size. Thread-safe: nothing of it is written after construction
    but SCRFD's cache of anchor centres, whose entries are always the same.
    """

    def __init__(self, model: OpenModel, config: EngineConfig) -> None:
        spec = model.spec
        if spec.channel_order != "RGB":
            raise EngineError(f"{spec.file}: SCRFD feeds RGB, the manifest wants another order.")
        self._size = config.detection_size
        # Given a session alone, SCRFD cannot make sessions of its own for each input size.
        self._scrfd = SCRFD(model_file=None, session=model.session)
        if self._scrfd.static_input_size not in (None, (self._size, self._size)):
            raise EngineError(
                f"DETECTION_SIZE={self._size}: {spec.file} takes only "
                f"{self._scrfd.static_input_size[0]}."
            )
        self._scrfd.input_mean, self._scrfd.input_std = spec.mean[0], spec.std[0]
        self._scrfd.nms_thresh = NMS_THRESHOLD

    def detect(self, pixels: NDArray[np.uint8]) -> Detections:
        """Return boxes with confidence, float32 (n, 5), and landmarks, float32 (n, 5, 2), in
        pixels, most confident first.
        """
        boxes, landmarks = self._scrfd.detect(
            _widened(pixels, self._size),
            input_size=(self._size, self._size),
            det_thresh=DETECTION_THRESHOLD,
        )
        return boxes, landmarks


def _widened(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Pad a very thin photo with black at its right or lower edge; coordinates stay."""
    height, width = pixels.shape[:2]
    least = math.ceil(max(height, width) * MIN_LETTERBOX_SIDE_PX / size)
    if min(height, width) >= least:
        return pixels
    down, right = max(0, least - height), max(0, least - width)
    padded = cv2.copyMakeBorder(pixels, 0, down, 0, right, cv2.BORDER_CONSTANT)
    return np.asarray(padded, np.uint8)
