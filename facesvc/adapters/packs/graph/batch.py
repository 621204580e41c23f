"""Frees the batch of a recogniser that was exported for one face."""

from __future__ import annotations

import numpy as np
from onnx import ModelProto, numpy_helper

from facesvc.adapters.packs.graph.tensors import (
    GraphRewriteError,
    constants,
    copy_of,
    data_input,
    drop_unused_constants,
    shape_of,
)


def free_batch(model: ModelProto) -> ModelProto:
    """Return a copy that takes any number of faces: input (batch, 3, h, w), output (batch, n).

    A Reshape to (1, -1) that ends the graph becomes (-1, n); everything before it must work
    on each face alone, as convolutions do. Raises GraphRewriteError when the output is not
    (1, n) or another Reshape fixes the batch.
    """
    free = copy_of(model)
    source = data_input(free)
    if shape_of(source)[:1] == [None]:
        return free
    if len(free.graph.output) != 1 or len(shape_of(free.graph.output[0])) != 2:
        raise GraphRewriteError("The model does not have one output of (batch, n).")
    output = free.graph.output[0]
    size = shape_of(output)[1]
    values = constants(free)
    for node in free.graph.node:
        if node.op_type != "Reshape":
            continue
        target = values.get(node.input[1])
        if target is None or node.output[0] != output.name or size is None:
            raise GraphRewriteError(f"The Reshape of {node.output[0]!r} may fix the batch.")
        name = f"{node.output[0]}_shape"
        new_shape = numpy_helper.from_array(np.array([-1, size], np.int64), name)
        free.graph.initializer.append(new_shape)
        node.input[1] = name
    drop_unused_constants(free)
    del free.graph.value_info[:]
    source.type.tensor_type.shape.dim[0].dim_param = "batch"
    output.type.tensor_type.shape.dim[0].dim_param = "batch"
    return free
