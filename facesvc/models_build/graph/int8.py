"""Static int8 quantisation of a detector (QDQ, as ONNX Runtime's CPU kernels want it)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import onnx
import onnx.version_converter
from onnx import ModelProto, NodeProto
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantType
from onnxruntime.quantization.calibrate import TensorsData, create_calibrator
from onnxruntime.quantization.qdq_quantizer import QDQQuantizer
from onnxruntime.quantization.shape_inference import quant_pre_process

from facesvc.models_build.graph.calibration_inputs import Blob
from facesvc.models_build.graph.tensors import GraphRewriteError, copy_of, data_input

PER_CHANNEL_OPSET = 13  # the first whose DequantizeLinear has an axis
QUANTISED_OPS = ["Conv", "Add", "Relu", "MaxPool", "AveragePool", "Resize"]
RANGE_DIGITS = 3
_MOVES = ("Concat", "Split")
_NORMALISING = ("Sub", "Mul")


Ranges = Mapping[str, tuple[float, float]]


def measure_ranges(model: ModelProto, blobs: Iterable[Blob]) -> dict[str, tuple[float, float]]:
    """Return the least and the greatest value of every tensor to be quantised, over all blobs.

    Widened to three digits, so that the last bits of another CPU's arithmetic do not count.
    """
    with tempfile.TemporaryDirectory(prefix="facesvc-int8-") as folder:
        path = Path(folder, "model.onnx")
        onnx.save(simplified(model), path)
        calibrator = create_calibrator(
            path, QUANTISED_OPS, augmented_model_path=str(Path(folder, "augmented.onnx"))
        )
        calibrator.collect_data(_Reader(data_input(model).name, blobs))
        measured = calibrator.compute_data()
    return {
        name: (_outward(_number(data.range_value[0])), _outward(_number(data.range_value[1])))
        for name, data in sorted(measured.items())
    }


def quantise_int8(
    model: ModelProto, ranges: Ranges, *, last: bool = False, exact: int = 0, moves: bool = False
) -> ModelProto:
    """Return the model with int8 weights (per channel) and uint8 activations.

    The first convolution and those whose results leave the graph stay float32: they cost
    little and decide how precisely boxes and landmarks lie. ``last`` and ``exact`` are those of
    ``kept_in_float``; with ``moves`` Concat and Split move int8, too. The same model and ranges
    give the same bytes. Raises GraphRewriteError when the ranges are of another model.
    """
    simple = simplified(model)
    made = {name for node in simple.graph.node for name in node.output}
    if not set(ranges) <= made | {data_input(model).name}:
        raise GraphRewriteError("The calibrated ranges are of another model.")
    tensors = {k: (np.array(low, "f"), np.array(high, "f")) for k, (low, high) in ranges.items()}
    quantizer = QDQQuantizer(
        simple,
        per_channel=True,
        reduce_range=False,
        weight_qType=QuantType.QInt8,
        activation_qType=QuantType.QUInt8,
        tensors_range=TensorsData(CalibrationMethod.MinMax, tensors),
        nodes_to_quantize=[],
        nodes_to_exclude=sorted(kept_in_float(simple, last=last, exact=exact)),
        op_types_to_quantize=quantised_ops(moves),
        extra_options={},
    )
    quantizer.quantize_model()
    quantizer.model.topological_sort()
    quantised: ModelProto = quantizer.model.model
    return quantised


def simplified(model: ModelProto) -> ModelProto:
    """Return the model with named nodes, known shapes and what ONNX Runtime folds away."""
    opset = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    source = copy_of(model)
    if opset < PER_CHANNEL_OPSET:
        source = onnx.version_converter.convert_version(model, PER_CHANNEL_OPSET)
    for number, node in enumerate(source.graph.node):
        node.name = node.name or f"{node.op_type}_{number}"  # nodes are left out by name
    with tempfile.TemporaryDirectory(prefix="facesvc-int8-") as folder:
        original, simple = Path(folder, "original.onnx"), Path(folder, "simple.onnx")
        onnx.save(source, original)
        quant_pre_process(original, simple, skip_symbolic_shape=True)
        return onnx.load(simple)


def quantised_ops(moves: bool) -> list[str]:
    """Return the kinds of nodes that are quantised."""
    return [*QUANTISED_OPS, *_MOVES] if moves else QUANTISED_OPS


def kept_in_float(model: ModelProto, *, last: bool = False, exact: int = 0) -> set[str]:
    """Return the names of the convolutions that read the input, normalised or not, or make an
    output; only the first where the ``last`` are wanted in int8, too. With ``exact``, all nodes
    to the end of as many convolutions are kept.
    """
    convolutions = [at for at, node in enumerate(model.graph.node) if node.op_type == "Conv"]
    beginning = model.graph.node[: convolutions[exact]] if exact else []
    sources = {data_input(model).name}
    makers = {name: node for node in model.graph.node for name in node.output}
    for node in model.graph.node:
        if node.op_type in _NORMALISING and sources & set(node.input):
            sources |= set(node.output)
    kept = {n.name for n in model.graph.node if n.op_type == "Conv" and sources & set(n.input)}
    kept |= {node.name for node in beginning}
    waiting = [] if last else [output.name for output in model.graph.output]
    while waiting:
        maker: NodeProto | None = makers.get(waiting.pop())
        if maker is None:
            continue
        if maker.op_type == "Conv":
            kept.add(maker.name)
        else:
            waiting.extend(maker.input[:1])
    return kept


def _number(value: object) -> float:
    return float(np.asarray(value).item())


def _outward(value: float) -> float:
    if value == 0 or not np.isfinite(value):
        return value
    step = 10.0 ** (np.floor(np.log10(abs(value))) - RANGE_DIGITS + 1)
    return float(f"{np.sign(value) * np.ceil(abs(value) / step) * step:.{RANGE_DIGITS}g}")


class _Reader(CalibrationDataReader):  # type: ignore[misc]  # ships no types
    """Hands the blobs to ONNX Runtime one by one."""

    def __init__(self, input_name: str, blobs: Iterable[Blob]) -> None:
        self._input_name = input_name
        self._blobs: Iterator[Blob] = iter(blobs)

    def get_next(self) -> dict[str, Blob] | None:
        blob = next(self._blobs, None)
        return None if blob is None else {self._input_name: blob}
