"""Rewrites PRelu by operators that ONNX Runtime keeps in its fast layout."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper

from facesvc.models_build.graph.tensors import constants, copy_of, drop_unused_constants


def rewrite_prelu(model: ModelProto) -> ModelProto:
    """Return a copy with PRelu(x) written as a*x + (1-a)*relu(x).

    ONNX Runtime's CPU kernels for convolutions work on a blocked channel layout, PRelu does
    not: each one costs two reorders. Both factors as depthwise 1x1 convolutions stay in the
    layout. Only slopes with one value a channel, shape (channels, 1, 1), are rewritten.
    Outputs differ by float32 rounding only.
    """
    fast = copy_of(model)
    values = constants(fast)
    nodes: list[NodeProto] = []
    for node in fast.graph.node:
        slope = values.get(node.input[1]) if node.op_type == "PRelu" else None
        if slope is not None and _per_channel(slope):
            nodes.extend(_by_convolutions(fast, node, slope.reshape(-1)))
        else:
            nodes.append(node)
    del fast.graph.node[:]
    fast.graph.node.extend(nodes)
    drop_unused_constants(fast)
    return fast


def _per_channel(slope: NDArray[np.generic]) -> bool:
    return slope.ndim == 3 and slope.shape[0] > 1 and slope.shape[1:] == (1, 1)


def _by_convolutions(
    model: ModelProto, node: NodeProto, slope: NDArray[np.generic]
) -> list[NodeProto]:
    """Return the four nodes that stand for one PRelu; adds their weights to the model."""
    source, target = node.input[0], node.output[0]
    weights = {"linear": slope, "rectified": 1 - slope}
    for part, factor in weights.items():
        kernel = factor.astype(np.float32).reshape(-1, 1, 1, 1)
        model.graph.initializer.append(numpy_helper.from_array(kernel, f"{target}_{part}_weight"))
    return [
        helper.make_node("Relu", [source], [f"{target}_relu"]),
        _depthwise(source, f"{target}_linear", slope.size),
        _depthwise(f"{target}_relu", f"{target}_rectified", slope.size),
        helper.make_node("Add", [f"{target}_linear", f"{target}_rectified"], [target]),
    ]


def _depthwise(source: str, target: str, channels: int) -> NodeProto:
    inputs = [source, f"{target}_weight"]
    return helper.make_node("Conv", inputs, [target], group=channels, kernel_shape=[1, 1])
