"""Zeroes weights that are too small to change an answer but slow the arithmetic down."""

from __future__ import annotations

import numpy as np
from onnx import ModelProto, TensorProto, numpy_helper

from facesvc.models_build.graph.tensors import copy_of

# What training with weight decay leaves of channels that it gave up. Beside the values of a
# working channel a product with this is nothing to float32's 24 bits.
TINY = 1e-15


def flush_tiny_weights(model: ModelProto) -> ModelProto:
    """Return a copy whose weights below TINY are 0.

    Their products are denormal numbers, with which Intel's CPUs are many times slower: a
    tenth of fr_feature's weights made it take seven times as long (benchmarks/speed/models.py).
    """
    flushed = copy_of(model)
    for tensor in flushed.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(tensor)
        tiny = np.abs(values) < TINY
        if tiny.any() and values.any():
            tensor.CopyFrom(
                numpy_helper.from_array(np.where(tiny, np.float32(0), values), tensor.name)
            )
    return flushed
