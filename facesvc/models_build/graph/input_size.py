"""Frees the input size of a detector that was exported for one size."""

from __future__ import annotations

import numpy as np
from onnx import ModelProto, NodeProto, ValueInfoProto, numpy_helper

from facesvc.models_build.graph.tensors import (
    GraphRewriteError,
    constants,
    copy_of,
    data_input,
    drop_unused_constants,
    known_shapes,
    shape_of,
)


def free_input_size(model: ModelProto) -> ModelProto:
    """Return a copy whose input takes any height and width that its strides divide.

    Resize nodes with constant sizes get the scale that those sizes mean instead; outputs at
    the exported size stay the same. Raises GraphRewriteError when a Resize's scale is not
    known or would not be the same at every input size.
    """
    free = copy_of(model)
    source = data_input(free)
    if len(shape_of(source)) != 4:
        raise GraphRewriteError("The model's input is not an NCHW image.")
    if None in shape_of(source)[2:]:
        return free
    values, shapes = constants(free), known_shapes(free)
    for node in free.graph.node:
        if node.op_type == "Resize" and len(node.input) == 4 and node.input[3]:
            sizes = [int(size) for size in values.get(node.input[3], np.empty(0))]
            _resize_by_scale(free, node, shapes.get(node.input[0], []), sizes)
    drop_unused_constants(free)
    del free.graph.value_info[:]
    for axis, name in ((2, "height"), (3, "width")):
        source.type.tensor_type.shape.dim[axis].dim_param = name
    for output in free.graph.output:
        _free_output(output)
    return free


def _resize_by_scale(
    model: ModelProto, node: NodeProto, before: list[int | None], after: list[int]
) -> None:
    """Give the node scales instead of sizes, in place."""
    if len(before) != len(after) or None in before:
        raise GraphRewriteError(f"The scale of {node.output[0]!r} is not known.")
    scales = [new / float(old or 1) for old, new in zip(before, after, strict=True)]
    if any(scale != round(scale) for scale in scales):
        raise GraphRewriteError(f"{node.output[0]!r} is not resized by a whole number.")
    name = f"{node.output[0]}_scales"
    scale_tensor = numpy_helper.from_array(np.array(scales, np.float32), name)
    model.graph.initializer.append(scale_tensor)
    region = node.input[1]
    del node.input[1:]
    node.input.extend([region, name])


def _free_output(output: ValueInfoProto) -> None:
    """Mark every dimension but the batch and the last as depending on the input."""
    dims = output.type.tensor_type.shape.dim
    for axis in range(len(dims)):
        if 0 < axis < len(dims) - 1 or (axis == 0 and len(dims) == 2):
            dims[axis].dim_param = f"{output.name}_anchors"
