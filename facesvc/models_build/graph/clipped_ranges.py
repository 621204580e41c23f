"""Activation ranges that lose least: a few outliers are cut off, the rest gets finer steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, helper

from facesvc.models_build.graph.calibration_inputs import Blob
from facesvc.models_build.graph.int8 import quantised_ops, simplified
from facesvc.models_build.graph.tensors import copy_of, data_input

_SEEN = 2003  # numbers of each tensor that are looked at, of each input
_SHARES = np.geomspace(1.0, 0.2, 25)  # of the greatest number, that are tried as the limit
_LEVELS = 255


def measure_clipped(
    model: ModelProto, blobs: Iterable[Blob], *, moves: bool = False
) -> dict[str, tuple[float, float]]:
    """Return, for each tensor to be quantised, the range in which 256 levels are nearest to its
    numbers over all blobs, by the mean of the squares; to three digits.
    """
    model = simplified(model)
    names = _names(model, quantised_ops(moves))
    seen: dict[str, list[NDArray[np.float32]]] = {name: [] for name in names}
    session = _session(model, names)
    source = data_input(model).name
    for blob in blobs:
        for name, values in zip(names, session.run(names, {source: blob}), strict=True):
            flat = values.reshape(-1)
            seen[name].append(flat[:: max(1, flat.size // _SEEN) | 1].copy())
    found = {name: best_range(np.concatenate(parts)) for name, parts in seen.items()}
    return {name: (_short(low), _short(high)) for name, (low, high) in found.items()}


def best_range(values: NDArray[np.float32]) -> tuple[float, float]:
    """Return the range around zero in which 256 levels are nearest to the values."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    for _ in range(2):  # the one limit with the other's best, twice
        tops, bottoms = (_SHARES * high).tolist(), (_SHARES * low).tolist()
        high = tops[int(np.argmin([_loss(values, low, top) for top in tops]))]
        low = bottoms[int(np.argmin([_loss(values, bottom, high) for bottom in bottoms]))]
    return low, high


def _loss(values: NDArray[np.float32], low: float, high: float) -> float:
    step = (high - low) / _LEVELS
    if step <= 0:
        return float("inf")
    kept = np.rint(np.clip(values, low, high) / step) * step
    return float(np.square(values - kept).mean())


def _names(model: ModelProto, kinds: Sequence[str]) -> list[str]:
    constant = {tensor.name for tensor in model.graph.initializer}
    beside = [n for n in model.graph.node if n.op_type in kinds]
    names = {name for node in beside for name in (*node.input[:2], *node.output)}
    made = {name for node in model.graph.node for name in node.output}
    return sorted((names & made) - constant - {""})


def _session(model: ModelProto, names: list[str]) -> ort.InferenceSession:
    open_model = copy_of(model)
    del open_model.graph.output[:]
    for name in names:
        value = helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
        open_model.graph.output.append(value)
    options = ort.SessionOptions()
    options.log_severity_level = 3
    return ort.InferenceSession(
        open_model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def _short(limit: float) -> float:
    return float(f"{limit:.3g}")
