"""Writes a matrix over a whole feature map as a convolution."""

from __future__ import annotations

from onnx import ModelProto, NodeProto, helper, numpy_helper

from facesvc.models_build.graph.tensors import (
    constants,
    copy_of,
    drop_unused_constants,
    known_shapes,
)


def gemm_as_conv(model: ModelProto) -> ModelProto:
    """Return a copy in which a Flatten and the Gemm that reads it are a convolution as large as
    the map, and a Flatten of its one cell.

    It keeps the layout of the convolutions before it, also in int8. Outputs are the same but for
    the order of float32 sums. A Dropout between, which does nothing here, goes.
    """
    changed = copy_of(model)
    values, shapes = constants(changed), known_shapes(changed)
    makers = {name: node for node in changed.graph.node for name in node.output}
    nodes: list[NodeProto] = []
    for node in changed.graph.node:
        flatten = makers.get(node.input[0]) if node.op_type == "Gemm" else None
        if flatten is None or flatten.op_type != "Flatten":
            nodes.append(node)
            continue
        source = flatten.input[0]
        if makers[source].op_type == "Dropout":
            source = makers[source].input[0]
        shape = shapes[source]
        kernel = values[node.input[1]]
        target, weights = node.output[0], f"{node.output[0]}_kernel"
        kernel = kernel.reshape(len(kernel), *(side or 0 for side in shape[1:]))
        changed.graph.initializer.append(numpy_helper.from_array(kernel, weights))
        inputs = [source, weights, *node.input[2:]]
        sides = list(kernel.shape[2:])
        nodes.append(helper.make_node("Conv", inputs, [f"{target}_cell"], kernel_shape=sides))
        nodes.append(helper.make_node("Flatten", [f"{target}_cell"], [target]))
    del changed.graph.node[:]
    changed.graph.node.extend(_read(nodes, changed))
    drop_unused_constants(changed)
    return changed


def _read(nodes: list[NodeProto], model: ModelProto) -> list[NodeProto]:
    """Return the nodes that lead to an output."""
    wanted = {output.name for output in model.graph.output}
    kept = []
    for node in reversed(nodes):
        if wanted & set(node.output):
            wanted |= set(node.input)
            kept.append(node)
    return kept[::-1]
