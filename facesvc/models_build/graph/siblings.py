"""Merges convolutions that read the same tensor in the same way into one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper

from facesvc.models_build.graph.tensors import constants, copy_of, drop_unused_constants


def merge_siblings(model: ModelProto) -> ModelProto:
    """Return a copy in which sibling convolutions are one, whose channels are split again.

    A detector's scores, boxes and landmarks come from three convolutions of few channels over
    the same feature map. ONNX Runtime computes whole blocks of 16 channels, for each of them,
    and lays the map out anew for each. Merged, every channel is computed as before.
    """
    merged = copy_of(model)
    values = constants(merged)
    nodes: list[NodeProto] = []
    done: set[str] = set()
    for node in merged.graph.node:
        if node.output[0] in done:
            continue
        family = [other for other in merged.graph.node if _are_siblings(node, other, values)]
        if len(family) < 2:
            nodes.append(node)
            continue
        done.update(other.output[0] for other in family)
        nodes += _one(merged, family, values)
    del merged.graph.node[:]
    merged.graph.node.extend(nodes)
    drop_unused_constants(merged)
    return merged


def _are_siblings(one: NodeProto, other: NodeProto, values: dict[str, NDArray[np.generic]]) -> bool:
    """Tell whether both are plain convolutions that differ in their weights only."""
    return (
        one.op_type == other.op_type == "Conv"
        and one.input[0] == other.input[0]
        and len(one.input) == len(other.input) == 3
        and all(name in values for node in (one, other) for name in node.input[1:])
        and _attributes(one) == _attributes(other)
        and _attributes(one).get("group", 1) == 1
    )


def _attributes(node: NodeProto) -> dict[str, object]:
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def _one(
    model: ModelProto, family: list[NodeProto], values: dict[str, NDArray[np.generic]]
) -> list[NodeProto]:
    """Return the merged convolution and the split of its channels; adds its weights."""
    name = f"{family[0].output[0]}_siblings"
    merged = NodeProto()
    merged.CopyFrom(family[0])
    for index, part in ((1, "weight"), (2, "bias")):
        joined = np.concatenate([values[node.input[index]] for node in family])
        merged.input[index] = f"{name}_{part}"
        model.graph.initializer.append(numpy_helper.from_array(joined, merged.input[index]))
    merged.output[0] = name
    merged.name = name
    sizes = [len(values[node.input[2]]) for node in family]
    outputs = [node.output[0] for node in family]
    return [merged, split_channels(model, name, outputs, sizes)]


def split_channels(model: ModelProto, name: str, outputs: list[str], sizes: list[int]) -> NodeProto:
    """Return the node that gives each its channels; before opset 13 the sizes are an attribute."""
    opset = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    if opset < 13:
        return helper.make_node("Split", [name], outputs, axis=1, split=sizes)
    constant = numpy_helper.from_array(np.array(sizes, np.int64), f"{name}_sizes")
    model.graph.initializer.append(constant)
    return helper.make_node("Split", [name, constant.name], outputs, axis=1)
