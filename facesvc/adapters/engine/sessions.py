"""ONNX Runtime sessions with every option that matters set on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import onnxruntime as ort

from facesvc.adapters.engine.config import EngineConfig, EngineError, Precision, Runtime
from facesvc.adapters.engine.openvino_session import OpenVinoSession
from facesvc.adapters.packs.manifest import ModelFile, Role
from facesvc.adapters.packs.pack import Pack

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
_ERRORS_ONLY = 3  # ONNX Runtime's severity; its warnings speak of exporters' habits


@dataclass(frozen=True)
class OpenModel:
    """A model that is ready to run. ``data`` is its ONNX file, checked and prepared."""

    spec: ModelFile
    session: ort.InferenceSession | OpenVinoSession
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
        outputs: list[Any] = self.session.run(None, {self.session.get_inputs()[0].name: blob})
        return outputs


def open_model(pack: Pack, spec: ModelFile, config: EngineConfig) -> OpenModel:
    """Open one model of the pack. Raises PackError, EngineError."""
    int8 = config.precision is Precision.INT8 and Role.DETECTOR in spec.roles
    data = pack.int8_bytes(spec) if int8 else pack.model_bytes(spec)
    if config.runtime is Runtime.OPENVINO:
        return OpenModel(spec, OpenVinoSession(data, config.precision), data)
    try:
        session = ort.InferenceSession(data, _options(config), providers=_providers(config))
    except Exception as error:  # ONNX Runtime's exceptions have no common base
        raise EngineError(f"{pack.folder / spec.file}: cannot be loaded: {error}") from error
    if config.use_gpu and session.get_providers()[0] != CUDA:
        raise EngineError(
            "USE_GPU=true: ONNX Runtime has a CUDA provider but could not start it. It needs an "
            "NVIDIA driver, CUDA and cuDNN of the versions that this onnxruntime-gpu was built "
            "for (requirements/gpu.lock brings both). Start with USE_GPU=false to run on the CPU."
        )
    return OpenModel(spec, session, data)


def require_gpu() -> None:
    """Raise EngineError when this ONNX Runtime has no CUDA provider at all."""
    available = ort.get_available_providers()
    if CUDA not in available:
        raise EngineError(
            f"USE_GPU=true: this ONNX Runtime has no {CUDA}, only {', '.join(available)}. "
            "Install requirements/gpu.lock (onnxruntime-gpu in place of onnxruntime), or start "
            "with USE_GPU=false."
        )
    ort.preload_dlls()  # finds the CUDA and cuDNN that were installed as Python packages


def _options(config: EngineConfig) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = config.intra_op_threads
    options.inter_op_num_threads = 1
    # Spinning threads of several sessions fight for the cores: 167 ms against 79 ms measured.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    # Without VNNI, x64's quick product of uint8 and int8 overflows; this takes the slower one.
    options.add_session_config_entry("session.x64quantprecision", "1")
    options.log_severity_level = _ERRORS_ONLY
    return options


def _providers(config: EngineConfig) -> list[Any]:
    if not config.use_gpu:
        return [CPU]
    # TF32 rounds to 10 bits of mantissa: embeddings would differ between CPU and GPU replicas.
    return [(CUDA, {"use_tf32": "0"}), CPU]
