"""Makes the channels of an activation equally large, so that 8 bits for all of them do.

Quantisation has one step for a whole activation: the widest channel sets it, and a narrow one
is left with a few levels. A factor on a channel passes through PRelu, so the convolution
before can multiply it and the one behind divide by it, and nothing else changes (cross-layer
equalisation, Nagel et al. 2019, "Data-Free Quantization", section 4.1).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, numpy_helper

from facesvc.models_build.graph.batchnorm import Wide
from facesvc.models_build.graph.tensors import constants, copy_of, drop_unused_constants

_DEVIATIONS = 4.0  # of a normalised channel, that its range is taken to reach
_MOST = 5  # the greatest power of two in a factor


def equalise_channels(model: ModelProto) -> ModelProto:
    """Return a copy whose channels between BatchNormalization, PRelu and Conv are alike in size.

    Sizes are told by the normalisation's bias and scale. A depthwise convolution behind takes
    any factor for nothing, because each of its channels has a step of its own; of another one
    the factor is a compromise with the sizes of its weights. Factors are powers of two: outputs
    stay the same to the last bit. A slope above 1 is turned into one below, a*PRelu(-x, 1/a), so
    that ``rewrite_prelu`` needs one convolution for each; that rounds in float32.
    """
    equal = copy_of(model)
    values = constants(equal)
    makers = {name: node for node in equal.graph.node for name in node.output}
    readers: dict[str, list[NodeProto]] = {}
    for node in equal.graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    for prelu in [node for node in equal.graph.node if node.op_type == "PRelu"]:
        norm = makers.get(prelu.input[0])
        behind = readers.get(prelu.output[0], [])
        if norm is None or norm.op_type != "BatchNormalization":
            continue
        if len(behind) != 1 or behind[0].op_type != "Conv":
            continue
        _equalise(equal, values, norm, prelu, behind[0])
    drop_unused_constants(equal)
    return equal


def _equalise(
    model: ModelProto,
    values: dict[str, NDArray[np.generic]],
    norm: NodeProto,
    prelu: NodeProto,
    conv: NodeProto,
) -> None:
    scale, bias = (np.asarray(values[name], np.float64) for name in norm.input[1:3])
    slope = np.asarray(values[prelu.input[1]], np.float64)
    weights = np.asarray(values[conv.input[1]], np.float64)
    size = np.abs(bias) + _DEVIATIONS * np.abs(scale)
    depthwise = weights.shape[1] == 1
    if depthwise:
        factor = _powers(1.0 / np.maximum(size, 1e-12))
    else:
        column = np.abs(weights).max(axis=(0, 2, 3))
        factor = _powers(np.sqrt(column / np.maximum(size, 1e-12)))
    steep = slope.reshape(-1) > 1.0
    flat = np.where(steep, 1.0 / np.where(steep, slope.reshape(-1), 1.0), slope.reshape(-1))
    ahead = np.where(steep, -factor, factor)
    back = np.where(steep, -slope.reshape(-1), 1.0) / factor
    _put(model, values, norm, 1, scale * ahead)
    _put(model, values, norm, 2, bias * ahead)
    _put(model, values, prelu, 1, flat.reshape(slope.shape))
    along = (-1, 1, 1, 1) if depthwise else (1, -1, 1, 1)
    _put(model, values, conv, 1, weights * back.reshape(along))


def _powers(wanted: Wide) -> Wide:
    """Return the nearest powers of two, their median 1."""
    powers = np.rint(np.log2(np.maximum(wanted, 1e-12)))
    powers = np.clip(powers - np.rint(np.median(powers)), -_MOST, _MOST)
    return np.asarray(np.exp2(powers), np.float64)


def _put(
    model: ModelProto,
    values: dict[str, NDArray[np.generic]],
    node: NodeProto,
    place: int,
    value: Wide,
) -> None:
    name = f"{node.output[0]}_{place}_equal"
    values[name] = value.astype(np.float32)
    model.graph.initializer.append(numpy_helper.from_array(values[name], name))
    node.input[place] = name
