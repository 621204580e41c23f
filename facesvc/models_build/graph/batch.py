"""Frees the batch of a model that was exported for one input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, numpy_helper

from facesvc.models_build.graph.tensors import (
    GraphRewriteError,
    constants,
    copy_of,
    data_input,
    drop_unused_constants,
    known_shapes,
    shape_of,
)

BATCH = "batch"

# InsightFace's detectors put the batch between cells and anchors, which is the same for one
# photo only: rows, columns, batch, channels. In this order each photo's anchors stay together.
_CELLS_FIRST, _PHOTO_FIRST = [2, 3, 0, 1], [0, 2, 3, 1]


def free_batch(model: ModelProto) -> ModelProto:
    """Return a copy that takes any number of inputs at once; axis 0 of each output is the batch.

    A Reshape to a constant shape that fixes the batch at 1 keeps its input's instead; an
    output of a detector that has no batch axis gets one. Everything else must work on each
    input alone, as convolutions do: whoever uses the copy checks that (checks.compare_batch).
    Raises GraphRewriteError when a Reshape mixes the batch with something else, or a Resize
    names sizes (input_size.py turns those into scales).
    """
    free = copy_of(model)
    source = data_input(free)
    if shape_of(source)[:1] == [None]:
        return free
    values, shapes = constants(free), known_shapes(free)
    makers = {name: node for node in free.graph.node for name in node.output}
    for node in free.graph.node:
        if node.op_type == "Resize" and len(node.input) == 4 and node.input[3] in values:
            raise GraphRewriteError(f"The Resize of {node.output[0]!r} fixes the batch.")
        target = values.get(node.input[1]) if node.op_type == "Reshape" else None
        if target is not None:
            shape = _freed(target, node, makers.get(node.input[0]), shapes)
            name = f"{node.output[0]}_shape"
            free.graph.initializer.append(numpy_helper.from_array(shape, name))
            node.input[1] = name
    drop_unused_constants(free)
    del free.graph.value_info[:]
    source.type.tensor_type.shape.dim[0].dim_param = BATCH
    _free_outputs(free)
    return free


def _freed(
    target: NDArray[np.generic],
    node: NodeProto,
    maker: NodeProto | None,
    shapes: dict[str, list[int | None]],
) -> NDArray[np.int64]:
    """Return the shape that keeps the batch; turns a detector's anchors in place."""
    sides = [int(side) for side in target]
    if sides[0] == 0:
        return np.array(sides, np.int64)
    if sides[0] == 1 and shapes.get(node.input[0], [])[:1] == [1]:
        return np.array([0, *sides[1:]], np.int64)
    if sides[0] == -1 and len(sides) == 2 and maker is not None and maker.op_type == "Transpose":
        order = maker.attribute[0].ints
        if list(order) == _CELLS_FIRST:
            order[:] = _PHOTO_FIRST
            return np.array([0, *sides], np.int64)
    raise GraphRewriteError(f"The Reshape of {node.output[0]!r} may mix the batch with others.")


def _free_outputs(model: ModelProto) -> None:
    """Give each output a free batch, in front where it had none."""
    before = {output.name: shape_of(output) for output in model.graph.output}
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    inferred = known_shapes(model)
    for output in model.graph.output:
        old, rank = before[output.name], len(inferred.get(output.name, []))
        rest = old if rank > len(old) else old[1:]
        dims = output.type.tensor_type.shape.dim
        dims.add().dim_param = BATCH
        for axis, side in enumerate(rest):
            dim = dims.add()
            if side is None or (rank > len(old) and axis == 0):
                dim.dim_param = f"{output.name}_{axis}"
            else:
                dim.dim_value = side
