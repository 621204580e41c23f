"""Small readings of an ONNX graph that the rewrites share."""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, ValueInfoProto, numpy_helper


class GraphRewriteError(Exception):
    """The graph is not of the shape that a rewrite is for."""


def constants(model: ModelProto) -> dict[str, NDArray[np.generic]]:
    """Return the graph's named constants: initialisers and outputs of Constant nodes."""
    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant" and node.attribute[0].name == "value":
            found[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    return found


def shape_of(value: ValueInfoProto) -> list[int | None]:
    """Return the dimensions, None for each that is free."""
    dims = value.type.tensor_type.shape.dim
    return [dim.dim_value if dim.dim_value > 0 else None for dim in dims]


def known_shapes(model: ModelProto) -> dict[str, list[int | None]]:
    """Return the shape of every tensor that shape inference can tell."""
    graph = onnx.shape_inference.infer_shapes(model).graph
    values = [*graph.value_info, *graph.input, *graph.output]
    return {value.name: shape_of(value) for value in values}


def data_input(model: ModelProto) -> ValueInfoProto:
    """Return the one input that is not a constant. Raises GraphRewriteError."""
    named = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in named]
    if len(inputs) != 1:
        raise GraphRewriteError(f"The model has {len(inputs)} inputs where one is expected.")
    return inputs[0]


def copy_of(model: ModelProto) -> ModelProto:
    """Return a copy that a rewrite may change."""
    copy = ModelProto()
    copy.CopyFrom(model)
    return copy


def drop_unused_constants(model: ModelProto) -> None:
    """Remove, in place, the initialisers that no node reads any more."""
    used = {name for node in model.graph.node for name in node.input}
    kept = [tensor for tensor in model.graph.initializer if tensor.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
