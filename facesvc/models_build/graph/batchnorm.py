"""Folds batch normalisation into the convolutions and matrices beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper

from facesvc.models_build.graph.tensors import (
    GraphRewriteError,
    constants,
    copy_of,
    drop_unused_constants,
)

Wide = NDArray[np.float64]
_EPSILON = 1e-5  # of ONNX, where the node names none
_PASSES_CHANNELS = ("Dropout", "Flatten")


def fold_batchnorm(model: ModelProto) -> ModelProto:
    """Return a copy in which each BatchNormalization is part of the Conv or Gemm that it reads,
    else of the Gemm that reads it, with nothing but Dropout and Flatten between.

    Computed in float64, number by number, so that every machine gets the same weights. Outputs
    differ by float32 rounding only. Raises GraphRewriteError where neither is beside it.
    """
    folded = copy_of(model)
    for node in [n for n in folded.graph.node if n.op_type == "BatchNormalization"]:
        values = constants(folded)
        factor, shift = factor_and_shift(node, values)
        maker = _maker(folded, node.input[0])
        if maker is not None and maker.op_type in ("Conv", "Gemm"):
            _into_maker(folded, maker, node, factor, shift)
            maker.output[0] = node.output[0]
        else:
            _into_reader(folded, node, factor, shift)
            _rename(folded, node.output[0], node.input[0])
        folded.graph.node.remove(node)
    drop_unused_constants(folded)
    del folded.graph.value_info[:]
    return folded


def factor_and_shift(node: NodeProto, values: dict[str, NDArray[np.generic]]) -> tuple[Wide, Wide]:
    """Return what the node multiplies each channel by, and what it adds then."""
    scale, bias, mean, variance = (np.asarray(values[n], np.float64) for n in node.input[1:5])
    epsilon = next((a.f for a in node.attribute if a.name == "epsilon"), _EPSILON)
    factor = scale / np.sqrt(variance + epsilon)
    return factor, bias - mean * factor


def _into_maker(
    model: ModelProto, maker: NodeProto, norm: NodeProto, factor: Wide, shift: Wide
) -> None:
    values = constants(model)
    weights = np.asarray(values[maker.input[1]], np.float64)
    if maker.op_type == "Gemm" and not _reads_rows(maker):
        raise GraphRewriteError("A Gemm whose weights are not transposed.")
    bias = np.zeros(len(weights))
    if len(maker.input) > 2:
        bias = np.asarray(values[maker.input[2]], np.float64)
    _put(model, maker, norm, weights * _along_first(factor, weights), bias * factor + shift)


def _into_reader(model: ModelProto, node: NodeProto, factor: Wide, shift: Wide) -> None:
    reader = _only_reader(model, node.output[0])
    while reader is not None and reader.op_type in _PASSES_CHANNELS:
        reader = _only_reader(model, reader.output[0])
    if reader is None or reader.op_type != "Gemm" or not _reads_rows(reader):
        raise GraphRewriteError(f"{node.output[0]}: nothing beside it takes its factors.")
    values = constants(model)
    weights = np.asarray(values[reader.input[1]], np.float64)
    each = weights.shape[1] // len(factor)
    added = (weights * np.repeat(shift, each)).sum(axis=1)
    _put(model, reader, node, weights * np.repeat(factor, each), values[reader.input[2]] + added)


def _put(model: ModelProto, node: NodeProto, norm: NodeProto, weights: Wide, bias: Wide) -> None:
    names = [f"{norm.output[0]}_{part}_folded" for part in ("weights", "bias")]
    for name, value in zip(names, (weights, bias), strict=True):
        model.graph.initializer.append(numpy_helper.from_array(value.astype(np.float32), name))
    source = node.input[0]
    del node.input[:]
    node.input.extend([source, *names])


def _along_first(factor: Wide, weights: Wide) -> Wide:
    return factor.reshape(-1, *[1] * (weights.ndim - 1))


def _reads_rows(gemm: NodeProto) -> bool:
    attributes = {a.name: helper.get_attribute_value(a) for a in gemm.attribute}
    return (
        attributes.get("transB") == 1
        and not attributes.get("transA")
        and attributes.get("alpha", 1.0) == attributes.get("beta", 1.0) == 1.0
        and len(gemm.input) > 2
    )


def _maker(model: ModelProto, name: str) -> NodeProto | None:
    """Return the node that makes this and whose output nobody else reads."""
    makers = [node for node in model.graph.node if name in node.output]
    return makers[0] if makers and _only_reader(model, name) is not None else None


def _only_reader(model: ModelProto, name: str) -> NodeProto | None:
    readers = [node for node in model.graph.node if name in node.input]
    return readers[0] if len(readers) == 1 else None


def _rename(model: ModelProto, old: str, new: str) -> None:
    for node in model.graph.node:
        for place, name in enumerate(node.input):
            if name == old:
                node.input[place] = new
