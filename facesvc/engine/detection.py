"""Finding faces: SCRFD on the project's session, with lean kernels around it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.engine.config import EngineConfig, EngineError
from facesvc.engine.kernels.canvas import Canvas
from facesvc.engine.kernels.scrfd_decode import OUTPUTS, decode
from facesvc.engine.sessions import OpenModel

DETECTION_THRESHOLD = 0.5  # insightface.model_zoo.scrfd.SCRFD.det_thresh
NMS_THRESHOLD = 0.4  # insightface.model_zoo.scrfd.SCRFD.nms_thresh

# A thin photo shrinks to nothing in the letterbox and cv2.resize raises. One cell of SCRFD's
# coarsest stride is the least that is left of the short side.
MIN_LETTERBOX_SIDE_PX = 32

# The cascade's first look, and when it is enough: one face, which is certain and large. At a
# quarter of the long side it has 80 px in the small canvas, as it would in a 640 one at an
# eighth.
FIRST_PASS_SIZE = 320
FIRST_PASS_CONFIDENCE = 0.7
FIRST_PASS_SHARE = 0.25

Detections = tuple[NDArray[np.float32], NDArray[np.float32]]


class Detector:
    """Detects at one fixed scale. Thread-safe: nothing of it is written after construction
    but the canvas's buffers, of which each call has its own.
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
        self._first_pass: Canvas | None = None
        if config.cascade and self._size > FIRST_PASS_SIZE and fixed == (None, None):
            self._first_pass = Canvas(FIRST_PASS_SIZE, spec.mean[0], spec.std[0], tight=tight)
        self._model = model

    def detect(self, pixels: NDArray[np.uint8]) -> Detections:
        """Return boxes with confidence, float32 (n, 5), and landmarks, float32 (n, 5, 2), in
        pixels, most confident first.
        """
        pixels = _widened(pixels, self._size)
        if self._first_pass is not None:
            found = self._run(self._first_pass, pixels)
            if _is_enough(found, max(pixels.shape[:2])):
                return found
        return self._run(self._canvas, pixels)

    def _run(self, canvas: Canvas, pixels: NDArray[np.uint8]) -> Detections:
        with canvas.blob(pixels) as (blob, scale):
            outputs = self._model.run(blob)
            return decode(outputs, blob.shape[3], scale, DETECTION_THRESHOLD, NMS_THRESHOLD)


def _is_enough(found: Detections, long_side: int) -> bool:
    """Tell whether the first look saw one certain, large face and nothing else."""
    boxes, _ = found
    if len(boxes) != 1:
        return False
    x1, y1, x2, y2, confidence = boxes[0]
    return bool(
        confidence >= FIRST_PASS_CONFIDENCE
        and max(x2 - x1, y2 - y1) >= FIRST_PASS_SHARE * long_side
    )


def _widened(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Pad a very thin photo with black at its right or lower edge; coordinates stay."""
    height, width = pixels.shape[:2]
    least = math.ceil(max(height, width) * MIN_LETTERBOX_SIDE_PX / size)
    if min(height, width) >= least:
        return pixels
    down, right = max(0, least - height), max(0, least - width)
    padded = cv2.copyMakeBorder(pixels, 0, down, 0, right, cv2.BORDER_CONSTANT)
    return np.asarray(padded, np.uint8)
