"""Weights that a model keeps in int8, as plain float32 weights."""

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

_FOLDED = ("DequantizeLinear", "Reshape")


def fold_weights(model: ModelProto) -> ModelProto:
    """Return a copy in which constants that are dequantised, and perhaps reshaped, before they
    are used stand there in float32.

    Block-quantised weights save bytes on the way, not time: ONNX Runtime dequantises them when
    it loads the model. As constants they can be rewritten as any others. Inputs of the graph
    that no node reads are dropped: exporters leave the names of the original weights there.
    Raises GraphRewriteError for a dequantisation that is not of blocks, channels or all at once.
    """
    folded = drop_unread_inputs(model)
    values = constants(folded)
    nodes: list[NodeProto] = []
    for node in folded.graph.node:
        if node.op_type in _FOLDED and all(name in values for name in node.input):
            value = _folded(node, [values[name] for name in node.input])
            values[node.output[0]] = value
            folded.graph.initializer.append(numpy_helper.from_array(value, node.output[0]))
        else:
            nodes.append(node)
    del folded.graph.node[:]
    folded.graph.node.extend(nodes)
    drop_unused_constants(folded)
    del folded.graph.value_info[:]
    return folded


def drop_unread_inputs(model: ModelProto) -> ModelProto:
    """Return a copy without the graph's inputs that no node reads or that are constants."""
    copy = copy_of(model)
    read = {name for node in copy.graph.node for name in node.input}
    read -= {tensor.name for tensor in copy.graph.initializer}
    kept = [value for value in copy.graph.input if value.name in read]
    del copy.graph.input[:]
    copy.graph.input.extend(kept)
    return copy


def _folded(node: NodeProto, inputs: list[NDArray[np.generic]]) -> NDArray[np.generic]:
    if node.op_type == "Reshape":
        shape = [int(side) for side in inputs[1]]
        sides = [inputs[0].shape[axis] if side == 0 else side for axis, side in enumerate(shape)]
        return inputs[0].reshape(sides)
    attributes = {item.name: helper.get_attribute_value(item) for item in node.attribute}
    axis, block = int(attributes.get("axis", 1)), int(attributes.get("block_size", 0))
    quantised, scale = inputs[0], inputs[1]
    zero = inputs[2] if len(inputs) > 2 else np.zeros_like(scale, quantised.dtype)
    spread = [_spread(part, quantised, axis, block) for part in (scale, zero)]
    steps = quantised.astype(np.int32) - spread[1].astype(np.int32)
    return np.asarray(steps.astype(np.float32) * spread[0].astype(np.float32))


def _spread(
    part: NDArray[np.generic], quantised: NDArray[np.generic], axis: int, block: int
) -> NDArray[np.generic]:
    """Return scales or zero points with one for each weight, or such that they broadcast."""
    if part.size == 1:
        return part.reshape(())
    if block:
        return np.repeat(part, block, axis).take(range(quantised.shape[axis]), axis)
    if part.ndim == 1 and len(part) == quantised.shape[axis]:
        sides = [1] * quantised.ndim
        sides[axis] = len(part)
        return part.reshape(sides)
    raise GraphRewriteError(f"Scales of shape {part.shape} for weights of {quantised.shape}.")
