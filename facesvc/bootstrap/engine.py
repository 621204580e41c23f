"""The engine that the settings ask for."""

from __future__ import annotations

from pathlib import Path

from facesvc.bootstrap.prepare import prepared_pack
from facesvc.bootstrap.startup import blaming
from facesvc.engine.config import EngineConfig, Precision, Runtime
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.images.decode.decoder import DECODE_POLICY
from facesvc.models.load import load_pack
from facesvc.models.pack import Pack
from facesvc.models.pack_errors import NotPreparedError
from facesvc.settings import Settings


def engine_of(settings: Settings) -> OnnxFaceEngine:
    """Load the pack and build its sessions; prepare it first where that was never done. Raises
    StartupError, EngineError.
    """
    with blaming("MODEL_PACK"):
        try:
            return _ready_engine_of(settings)
        except NotPreparedError as error:
            with prepared_pack(settings, str(error)) as elsewhere:
                return _ready_engine_of(settings, elsewhere)


def _ready_engine_of(settings: Settings, elsewhere: Path | None = None) -> OnnxFaceEngine:
    pack = load_pack(settings.model_pack, settings.model_root, elsewhere)
    config = EngineConfig(
        detection_size=settings.detection_size,
        cascade=settings.detection_cascade,
        precision=precision_of(settings, pack),
        runtime=Runtime(settings.engine_runtime),
        use_gpu=settings.use_gpu,
        max_batch=settings.max_batch,
        decode_policy=DECODE_POLICY,
        liveness_threshold=settings.liveness_threshold,
        accept_small_faces=settings.liveness_small_faces == "accept",
    )
    return build_engine(pack, config)


def precision_of(settings: Settings, pack: Pack) -> Precision:
    """Return the models' precision; "auto" is int8 where it was evaluated and can run.

    OpenVINO then computes all else in bfloat16, which was evaluated with an int8 detector only.
    """
    if settings.engine_precision != "auto":
        return Precision(settings.engine_precision)
    runtime = Runtime(settings.engine_runtime)
    if runtime is Runtime.TENSORRT:
        return Precision.FLOAT32
    if runtime is Runtime.OPENVINO and not pack.has_int8_detector():
        return Precision.FLOAT32
    return Precision.INT8 if pack.has_evaluated_int8() else Precision.FLOAT32
