"""Models of a pack, opened and ready to run."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import onnxruntime as ort
import structlog

from facesvc.engine.batching import BatchingSession, Session
from facesvc.engine.config import EngineConfig, EngineError, Precision, Runtime
from facesvc.engine.openvino_session import OpenVinoSession
from facesvc.engine.providers import (
    CPU,
    check_provider,
    provider_list,
    session_options,
)
from facesvc.models.manifest import Meaning, ModelFile
from facesvc.models.pack import Pack
from facesvc.models.pack_errors import PackError
from facesvc.models.prepared_files import FOLDER

# By its API, too: the environment (facesvc/__init__.py) counts only if it is set before loading.
ort.disable_telemetry_events()

_READ_BY_INSIGHTFACE = frozenset({Meaning.GENDER_AGE, Meaning.LANDMARKS_3D})
_TENSORRT_CACHE = "tensorrt"  # beside the prepared models

_log = structlog.get_logger("facesvc")


@dataclass(frozen=True)
class OpenModel:
    """A model that is ready to run. ``data`` is its ONNX file, checked and prepared, where one of
    InsightFace's classes reads it; else empty, since the session has the weights.
    """

    spec: ModelFile
    session: Session
    data: bytes

    def source(self) -> Any:
        """Return what InsightFace's classes read the graph from (they want a file)."""
        return BytesIO(self.data)

    def input_sides(self) -> tuple[int | None, int | None]:
        """Return the input's height and width in pixels, None for a side that is free."""
        height, width = self.session.get_inputs()[0].shape[2:4]
        return (
            height if isinstance(height, int) else None,
            width if isinstance(width, int) else None,
        )

    def run(self, blob: Any) -> list[Any]:
        """Return all outputs for the one input. Thread-safe."""
        return self.session.run(None, {self.session.get_inputs()[0].name: blob})


def open_model(pack: Pack, spec: ModelFile, config: EngineConfig) -> OpenModel:
    """Open one model of the pack. Raises PackError, EngineError."""
    int8 = config.precision is Precision.INT8 and pack.runs_in_int8(spec)
    data = pack.int8_bytes(spec) if int8 else pack.model_bytes(spec)
    kept = data if spec.output in _READ_BY_INSIGHTFACE else b""
    if config.runtime is Runtime.OPENVINO:
        return OpenModel(spec, OpenVinoSession(data, config.precision), kept)
    if config.max_batch > 1:
        data, takes_batches = _for_batches(pack, spec, data, int8=int8)
        if takes_batches:
            session = BatchingSession(_open(pack, spec, data, config), config.max_batch)
            session.warm_up(config.detection_size)
            return OpenModel(spec, session, kept)
    return OpenModel(spec, _open(pack, spec, data, config), kept)


def _open(pack: Pack, spec: ModelFile, data: bytes, config: EngineConfig) -> ort.InferenceSession:
    try:
        feed = _signature(data).get_inputs()[0] if config.use_gpu else None
        providers = provider_list(config, feed, pack.folder / FOLDER / _TENSORRT_CACHE)
        session = ort.InferenceSession(data, session_options(config), providers=providers)
    except Exception as error:  # ONNX Runtime's exceptions have no common base
        raise EngineError(f"{pack.folder / spec.file}: cannot be loaded: {error}") from error
    check_provider(config, session)
    _let_go_of_file(session)
    return session


def _let_go_of_file(session: ort.InferenceSession) -> None:
    """Drop the copy of the file that Python's session keeps, as large as the weights, in order to
    make the session anew on another provider when a run fails. Here a failed run is an error.
    """
    session.disable_fallback()
    if hasattr(session, "_model_bytes"):
        session._model_bytes = None  # there is no other way to have it dropped


def _for_batches(pack: Pack, spec: ModelFile, data: bytes, *, int8: bool) -> tuple[bytes, bool]:
    """Return the model in a form that takes any batch, or as it is, and whether it does."""
    signature = _signature(data)
    ports = [*signature.get_inputs(), *signature.get_outputs()]
    if all(port.shape and not isinstance(port.shape[0], int) for port in ports):
        return data, True
    try:
        return pack.batch_bytes(spec, int8=int8), True
    except PackError as error:
        _log.warning("runs without batches", model=spec.file, reason=str(error))
        return data, False


def _signature(data: bytes) -> ort.InferenceSession:
    """Return a session that is good for looking at inputs and outputs."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    return ort.InferenceSession(data, options, providers=[CPU])
