"""What ONNX Runtime computes with, CPU, CUDA or TensorRT, and how each is set up."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnxruntime as ort

from facesvc.engine import cpu_memory
from facesvc.engine.config import EngineConfig, EngineError, Runtime

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
TENSORRT = "TensorrtExecutionProvider"
_ERRORS_ONLY = 3  # ONNX Runtime's severity; its warnings speak of exporters' habits
_SMALLEST_CANVAS_PX = 64  # one cell of SCRFD's coarsest stride, and as much black beside it

# HEURISTIC asks cuDNN once a shape; EXHAUSTIVE, ONNX Runtime's default, searches long whenever
# another canvas or batch comes. TF32 rounds to 10 bits of mantissa:
# embeddings would differ between CPU and GPU replicas.
_CUDA_OPTIONS = {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"}


def session_options(config: EngineConfig, cpuinfo: Path = Path("/proc/cpuinfo")) -> Any:
    """Return ONNX Runtime's options with everything that matters set on purpose."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = config.intra_op_threads
    options.inter_op_num_threads = 1
    # Spinning threads of several sessions fight for the cores: 167 ms against 79 ms measured.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    if not _has_vnni(cpuinfo):
        # There x64's quick product of uint8 and int8 overflows; this takes the slower one. With
        # VNNI it would be twice as slow for nothing: 76 ms against 34 ms measured.
        options.add_session_config_entry("session.x64quantprecision", "1")
    if not config.use_gpu:
        cpu_memory.share(options)
    options.log_severity_level = _ERRORS_ONLY
    return options


def wanted_provider(config: EngineConfig) -> str:
    """Return the provider that must run the models."""
    if not config.use_gpu:
        return CPU
    return TENSORRT if config.runtime is Runtime.TENSORRT else CUDA


def provider_list(config: EngineConfig, feed: Any, cache: Path) -> list[Any]:
    """Return the providers in order of preference, with their options.

    ``feed`` is the model's input (``name``, ``shape``); TensorRT plans for its range of shapes
    and keeps the plans in the folder ``cache``.
    """
    if not config.use_gpu:
        return [CPU]
    behind: list[Any] = [(CUDA, _CUDA_OPTIONS), CPU]
    if config.runtime is not Runtime.TENSORRT:
        return behind
    options = {"trt_engine_cache_enable": "1", "trt_timing_cache_enable": "1"}
    options |= dict.fromkeys(("trt_engine_cache_path", "trt_timing_cache_path"), str(cache))
    for bound, batch, side in (
        ("min", 1, _SMALLEST_CANVAS_PX),
        ("opt", max(1, config.max_batch // 2), config.detection_size),
        ("max", config.max_batch, config.detection_size),
    ):
        options[f"trt_profile_{bound}_shapes"] = f"{feed.name}:{_filled(feed.shape, batch, side)}"
    return [(TENSORRT, options), *behind]


def _filled(shape: Sequence[int | str | None], batch: int, side: int) -> str:
    """Return the shape with its free sides filled in, as TensorRT's provider reads it."""
    sides = [batch, shape[1], side, side]
    return "x".join(
        str(free if not isinstance(fixed, int) else fixed)
        for fixed, free in zip(shape, sides, strict=True)
    )


def require_gpu(config: EngineConfig) -> None:
    """Raise EngineError when this ONNX Runtime has no provider for it at all; load what it is
    linked with.
    """
    wanted, available = wanted_provider(config), ort.get_available_providers()
    if wanted not in available:
        raise EngineError(
            f"USE_GPU=true: this ONNX Runtime has no {wanted}, only {', '.join(available)}. "
            "Install requirements/gpu.lock (onnxruntime-gpu in place of onnxruntime), or start "
            "with USE_GPU=false."
        )
    ort.preload_dlls()  # finds the CUDA and cuDNN that were installed as Python packages
    if wanted == TENSORRT:
        with contextlib.suppress(ImportError):  # it may be the system's
            importlib.import_module("tensorrt_libs")  # NVIDIA's package; importing it loads them


def check_provider(config: EngineConfig, session: ort.InferenceSession) -> None:
    """Raise EngineError when ONNX Runtime fell back to another provider than the wanted one."""
    wanted = wanted_provider(config)
    if session.get_providers()[0] == wanted:
        return
    needs = (
        "TensorRT 10 for CUDA 13 (NVIDIA's tensorrt-cu13, or the system's)"
        if wanted == TENSORRT
        else "CUDA and cuDNN of the versions that this onnxruntime-gpu was built for "
        "(requirements/cuda.lock brings both)"
    )
    raise EngineError(
        f"USE_GPU=true: ONNX Runtime has a {wanted} but could not start it. It needs an NVIDIA "
        f"driver, and {needs}. Start with USE_GPU=false to run on the CPU."
    )


def _has_vnni(cpuinfo: Path) -> bool:
    """Tell whether the CPU multiplies uint8 by int8 without overflow; False when unknown."""
    try:
        words = set(cpuinfo.read_text(encoding="ascii", errors="replace").split())
    except OSError:
        return False
    return not words.isdisjoint({"avx512_vnni", "avx_vnni"})
