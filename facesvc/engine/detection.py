"""Finding faces: SCRFD or YuNet on the project's session, with lean kernels around it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.engine.config import EngineConfig, EngineError
from facesvc.engine.kernels import scrfd_decode, yunet_decode
from facesvc.engine.kernels.canvas import Canvas
from facesvc.engine.sessions import OpenModel
from facesvc.models.manifest import Meaning

# insightface.model_zoo.scrfd.SCRFD.det_thresh. YuNet's confidences are higher for the same face,
# and at this threshold it finds what SCRFD finds (docs/recognizers.md).
DETECTION_THRESHOLD = 0.5

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


@dataclass(frozen=True)
class _Family:
    """What a kind of detector is fed and how its outputs are read."""

    channel_order: str
    outputs: int
    nms_threshold: float
    decode: Callable[[Sequence[NDArray[np.float32]], int, float, float, float], Detections]


# The overlaps are insightface.model_zoo.scrfd.SCRFD.nms_thresh and FaceDetectorYN's default.
_FAMILIES = {
    Meaning.SCRFD: _Family("RGB", scrfd_decode.OUTPUTS, 0.4, scrfd_decode.decode),
    Meaning.YUNET: _Family("BGR", yunet_decode.OUTPUTS, 0.3, yunet_decode.decode),
}


class Detector:
    """Detects at one fixed scale. Thread-safe: nothing of it is written after construction
    but the canvas's buffers, of which each call has its own.
    """

    def __init__(self, model: OpenModel, config: EngineConfig) -> None:
        spec = model.spec
        family = _FAMILIES.get(spec.output)
        if family is None:
            raise EngineError(f"{spec.file}: {spec.output} is no detector's output.")
        if spec.channel_order != family.channel_order or len(set(spec.mean + spec.std)) > 2:
            raise EngineError(
                f"{spec.file}: {spec.output} wants {family.channel_order} and one mean and std "
                "for all of it."
            )
        outputs = len(model.session.get_outputs())
        if outputs != family.outputs:
            raise EngineError(
                f"{spec.file}: has {outputs} outputs, {spec.output} with landmarks has "
                f"{family.outputs}."
            )
        self._family = family
        self._size = config.detection_size
        fixed = model.input_sides()
        if fixed not in ((None, None), (self._size, self._size)):
            raise EngineError(f"DETECTION_SIZE={self._size}: {spec.file} takes only {fixed[0]}.")
        tight = config.tight_canvas and fixed == (None, None)

        def canvas(side: int) -> Canvas:
            is_bgr = spec.channel_order == "BGR"
            return Canvas(side, spec.mean[0], spec.std[0], tight=tight, is_bgr=is_bgr)

        self._canvas = canvas(self._size)
        self._first_pass: Canvas | None = None
        if config.cascade and self._size > FIRST_PASS_SIZE and fixed == (None, None):
            self._first_pass = canvas(FIRST_PASS_SIZE)
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
            family = self._family
            threshold, overlap = DETECTION_THRESHOLD, family.nms_threshold
            return family.decode(outputs, blob.shape[3], scale, threshold, overlap)


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
