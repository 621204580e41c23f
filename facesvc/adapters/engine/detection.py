"""Finding faces: SCRFD on the project's session, with lean kernels around it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.adapters.engine.config import EngineConfig, EngineError
from facesvc.adapters.engine.sessions import OpenModel
from facesvc.adapters.kernels.canvas import Canvas
from facesvc.adapters.kernels.scrfd_decode import OUTPUTS, decode

DETECTION_THRESHOLD = 0.5  # insightface.model_zoo.scrfd.SCRFD.det_thresh
NMS_THRESHOLD = 0.4  # insightface.model_zoo.scrfd.SCRFD.nms_thresh

# A thin photo shrinks to nothing in the letterbox and cv2.resize raises. One cell of SCRFD's
# coarsest stride is the least that is left of the short side.
MIN_LETTERBOX_SIDE_PX = 32

Detections = tuple[NDArray[np.float32], NDArray[np.float32]]


class Detector:
    """Detects at one fixed scale. Thread-safe: nothing of it is written after construction
    but the canvas's buffers, of which each thread has its own.
    """

    def __init__(self, model: OpenModel, config: EngineConfig) -> None:
        spec = model.spec
        if spec.channel_order != "RGB" or len(set(spec.mean + spec.std)) > 2:
            raise EngineError(f"{spec.file}: SCRFD wants RGB and one mean and std for all of it.")
        outputs = len(model.session.get_outputs())
        if outputs != OUTPUTS:
            raise EngineError(
                f"{spec.file}: has {outputs} outputs, SCRFD with landmarks has {OUTPUTS}."
            )
        self._size = config.detection_size
        fixed = model.input_sides()
        if fixed not in ((None, None), (self._size, self._size)):
            raise EngineError(f"DETECTION_SIZE={self._size}: {spec.file} takes only {fixed[0]}.")
        tight = config.tight_canvas and fixed == (None, None)
        self._canvas = Canvas(self._size, spec.mean[0], spec.std[0], tight=tight)
        self._model = model

    def detect(self, pixels: NDArray[np.uint8]) -> Detections:
        """Return boxes with confidence, float32 (n, 5), and landmarks, float32 (n, 5, 2), in
        pixels, most confident first.
        """
        blob, scale = self._canvas.blob(_widened(pixels, self._size))
        outputs = self._model.run(blob)
        return decode(outputs, blob.shape[3], scale, DETECTION_THRESHOLD, NMS_THRESHOLD)


def _widened(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Pad a very thin photo with black at its right or lower edge; coordinates stay."""
    height, width = pixels.shape[:2]
    least = math.ceil(max(height, width) * MIN_LETTERBOX_SIDE_PX / size)
    if min(height, width) >= least:
        return pixels
    down, right = max(0, least - height), max(0, least - width)
    padded = cv2.copyMakeBorder(pixels, 0, down, 0, right, cv2.BORDER_CONSTANT)
    return np.asarray(padded, np.uint8)
