"""What the engine is built with; nothing of it changes while it serves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MIN_DETECTION_SIZE = 128  # below, SCRFD's coarsest stride of 32 leaves no grid to speak of
MAX_DETECTION_SIZE = 1280
DETECTION_STRIDE = 32  # SCRFD's coarsest; the input must be a multiple of it


class EngineError(Exception):
    """The engine cannot be built; the text says what is missing. It ends the start."""


class Precision(StrEnum):
    """The arithmetic of the models that have an int8 form."""

    FLOAT32 = "float32"
    INT8 = "int8"


class Runtime(StrEnum):
    """What runs the models. TENSORRT needs a GPU, OPENVINO a CPU."""

    ONNXRUNTIME = "onnxruntime"
    OPENVINO = "openvino"
    TENSORRT = "tensorrt"


@dataclass(frozen=True)
class EngineConfig:
    """``detection_size`` is the side in pixels of the square that a photo is scaled into.

    ``tight_canvas`` leaves out most of the black beside a photo that is not square.
    ``cascade`` looks at half the size first, and is content with one certain, large face:
    then a second, small face is not seen. ``precision`` is float32, or
    int8 for the models that have such a form. ``runtime`` runs the models.
    ``intra_op_threads`` is ONNX Runtime's threads within one model; 1 is best when as many
    calls run as there are cores. ``max_batch`` is the most inputs of different calls that a
    model takes at once; more than 1 pays on a GPU only. ``decode_policy`` names how photos are
    decoded (full size, reduced, which library): it changes an embedding's numbers and is part
    of the digest. ``liveness_threshold`` takes the pack's place where it is given;
    ``accept_small_faces`` takes faces for live that are too small to tell.
    Raises EngineError when a value is outside its range.
    """

    detection_size: int = 640
    tight_canvas: bool = True
    cascade: bool = False
    precision: Precision = Precision.FLOAT32
    runtime: Runtime = Runtime.ONNXRUNTIME
    use_gpu: bool = False
    intra_op_threads: int = 1
    max_batch: int = 1
    decode_policy: str = "full-size/1"
    liveness_threshold: float | None = None
    accept_small_faces: bool = False

    def __post_init__(self) -> None:
        size = self.detection_size
        if not MIN_DETECTION_SIZE <= size <= MAX_DETECTION_SIZE or size % DETECTION_STRIDE:
            raise EngineError(
                f"DETECTION_SIZE={size}: must be a multiple of {DETECTION_STRIDE} from "
                f"{MIN_DETECTION_SIZE} to {MAX_DETECTION_SIZE}."
            )
        if self.use_gpu and self.runtime is Runtime.OPENVINO:
            raise EngineError("ENGINE_RUNTIME=openvino: is for CPUs; USE_GPU=true needs another.")
        if self.runtime is Runtime.TENSORRT and not self.use_gpu:
            raise EngineError("ENGINE_RUNTIME=tensorrt: needs USE_GPU=true.")
        if self.runtime is Runtime.TENSORRT and self.precision is not Precision.FLOAT32:
            # Its quantised layers are symmetric, ours have a zero point.
            raise EngineError("ENGINE_RUNTIME=tensorrt: needs ENGINE_PRECISION=float32 or auto.")
        if self.intra_op_threads < 1:
            raise EngineError(f"intra_op_threads={self.intra_op_threads}: must be at least 1.")
        if self.max_batch < 1:
            raise EngineError(f"max_batch={self.max_batch}: must be at least 1.")
