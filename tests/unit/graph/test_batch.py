"""Freeing a model's batch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from onnx import ModelProto, helper

from facesvc.models_build.graph.batch import free_batch
from facesvc.models_build.graph.input_size import free_input_size
from facesvc.models_build.graph.tensors import GraphRewriteError
from tests.unit.graph.graph_fixtures import (
    model_of,
    noise,
    run,
    tiny_detector,
    tiny_recognizer,
)


def cells_first_detector() -> ModelProto:
    """Return a head as InsightFace exports it: outputs (anchors, 4) without a batch axis."""
    nodes = [
        helper.make_node("Conv", ["image", "w"], ["head"], strides=[8, 8], kernel_shape=[8, 8]),
        helper.make_node("Transpose", ["head"], ["turned"], perm=[2, 3, 0, 1]),
        helper.make_node("Reshape", ["turned", "rows"], ["flat"]),
        helper.make_node("Sigmoid", ["flat"], ["boxes"]),
    ]
    constants = {"w": noise(3, 8, 3, 8, 8), "rows": np.array([-1, 4], np.int64)}
    return model_of(nodes, {"image": [1, 3, 64, 64]}, {"boxes": [128, 4]}, constants)


@pytest.mark.parametrize(
    ("make", "name", "side"),
    [
        (tiny_recognizer, "face", 16),
        (lambda: free_input_size(tiny_detector()), "image", 64),
        (cells_first_detector, "image", 64),
    ],
)
def test_a_batch_gives_what_its_inputs_give_alone(
    make: Callable[[], ModelProto], name: str, side: int
) -> None:
    """Each row of every output is its own input's, with the batch in front."""
    model, inputs = make(), noise(1, 5, 3, side, side)
    together = run(free_batch(model), **{name: inputs})
    for row in range(5):
        alone = run(model, **{name: inputs[row : row + 1]})
        for one, all_of_them in zip(alone, together, strict=True):
            assert len(all_of_them) == 5
            np.testing.assert_allclose(
                all_of_them[row].reshape(one.shape), one, rtol=1e-5, atol=1e-5
            )


def test_the_outputs_tell_their_free_batch() -> None:
    """What opens the model sees that it takes batches, and the sides that stay fixed."""
    outputs = free_batch(cells_first_detector()).graph.output[0].type.tensor_type.shape.dim
    assert [dim.dim_value or dim.dim_param for dim in outputs] == ["batch", "boxes_0", 4]
    outputs = free_batch(tiny_recognizer()).graph.output[0].type.tensor_type.shape.dim
    assert [dim.dim_value or dim.dim_param for dim in outputs] == ["batch", 6]


def test_a_free_batch_stays_as_it_is() -> None:
    """Freeing twice is freeing once."""
    once = free_batch(tiny_recognizer())
    assert free_batch(once) == once


def test_a_reshape_that_mixes_the_batch_is_refused() -> None:
    """Rows of several inputs in one could not be told apart again."""
    nodes = [helper.make_node("Reshape", ["image", "rows"], ["pixels"])]
    constants = {"rows": np.array([-1, 3], np.int64)}
    model = model_of(nodes, {"image": [1, 3, 4, 4]}, {"pixels": [16, 3]}, constants)
    with pytest.raises(GraphRewriteError, match="'pixels' may mix"):
        free_batch(model)


def test_a_resize_to_constant_sizes_is_refused() -> None:
    """The sizes name the batch, and ONNX Runtime would answer with other photos' numbers."""
    with pytest.raises(GraphRewriteError, match="'up' fixes the batch"):
        free_batch(tiny_detector())
