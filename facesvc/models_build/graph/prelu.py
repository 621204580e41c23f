"""Rewrites PRelu by operators that ONNX Runtime keeps in its fast layout."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper

from facesvc.models_build.graph.tensors import constants, copy_of, drop_unused_constants


def rewrite_prelu(model: ModelProto) -> ModelProto:
    """Return a copy with PRelu(x) written as x + relu((a-1)*x).

    ONNX Runtime's CPU kernels for convolutions work on a blocked channel layout, PRelu does
    not: each one costs two reorders. The factor as a depthwise 1x1 convolution stays in the
    layout, and the relu is computed with it. Only slopes with one value a channel, shape
    (channels, 1, 1), are rewritten; where one is above 1 the formula does not hold, and
    a*x + (1-a)*relu(x) takes one step more. Outputs differ by float32 rounding only.
    """
    fast = copy_of(model)
    values = constants(fast)
    nodes: list[NodeProto] = []
    for node in fast.graph.node:
        slope = values.get(node.input[1]) if node.op_type == "PRelu" else None
        if slope is None or not _per_channel(slope):
            nodes.append(node)
        elif float(slope.max()) <= 1.0:
            nodes.extend(_by_remainder(fast, node, slope.reshape(-1).astype(np.float32)))
        else:
            nodes.extend(_by_parts(fast, node, slope.reshape(-1).astype(np.float32)))
    del fast.graph.node[:]
    fast.graph.node.extend(nodes)
    drop_unused_constants(fast)
    return fast


def _per_channel(slope: NDArray[np.generic]) -> bool:
    return slope.ndim == 3 and slope.shape[0] > 1 and slope.shape[1:] == (1, 1)


def _by_remainder(
    model: ModelProto, node: NodeProto, slope: NDArray[np.float32]
) -> list[NodeProto]:
    """Return the nodes of x + relu((a-1)*x); adds their weights to the model."""
    source, target = node.input[0], node.output[0]
    _add_kernel(model, f"{target}_remainder", slope - 1)
    return [
        _depthwise(source, f"{target}_remainder", slope.size),
        helper.make_node("Relu", [f"{target}_remainder"], [f"{target}_relu"]),
        helper.make_node("Add", [source, f"{target}_relu"], [target]),
    ]


def _by_parts(model: ModelProto, node: NodeProto, slope: NDArray[np.float32]) -> list[NodeProto]:
    """Return the nodes of a*x + (1-a)*relu(x); adds their weights to the model."""
    source, target = node.input[0], node.output[0]
    _add_kernel(model, f"{target}_linear", slope)
    _add_kernel(model, f"{target}_rectified", 1 - slope)
    return [
        helper.make_node("Relu", [source], [f"{target}_relu"]),
        _depthwise(source, f"{target}_linear", slope.size),
        _depthwise(f"{target}_relu", f"{target}_rectified", slope.size),
        helper.make_node("Add", [f"{target}_linear", f"{target}_rectified"], [target]),
    ]


def _add_kernel(model: ModelProto, target: str, factor: NDArray[np.float32]) -> None:
    kernel = factor.reshape(-1, 1, 1, 1)
    model.graph.initializer.append(numpy_helper.from_array(kernel, f"{target}_weight"))


def _depthwise(source: str, target: str, channels: int) -> NodeProto:
    inputs = [source, f"{target}_weight"]
    return helper.make_node("Conv", inputs, [target], group=channels, kernel_shape=[1, 1])
