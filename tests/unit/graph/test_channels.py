"""Fitting inner channels to ONNX Runtime's blocks."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, helper, numpy_helper

from facesvc.models_build.graph.channels import fit_channels
from tests.unit.graph.graph_fixtures import model_of, noise, run

Weights = dict[str, NDArray[np.generic]]


def bottleneck(
    channels: int, dead_rows: tuple[int, ...] = (), unread: tuple[int, ...] = ()
) -> ModelProto:
    """Return an expansion, a depthwise convolution with PRelu around it, and a projection, all
    with biases. ``dead_rows`` are always zero, ``unread`` ones have no weight in the projection.
    """
    expand, bias = noise(1, channels, 8, 1, 1), noise(2, channels)
    depthwise, depthwise_bias = noise(3, channels, 1, 3, 3), noise(4, channels)
    project = noise(5, 8, channels, 1, 1)
    for row in dead_rows:
        expand[row], bias[row], depthwise_bias[row] = 0, 0, 0
    for column in unread:
        project[:, column] = 0
    nodes = [
        helper.make_node("Conv", ["face", "expand", "bias"], ["wide"], kernel_shape=[1, 1]),
        helper.make_node("PRelu", ["wide", "slope1"], ["a1"]),
        helper.make_node(
            "Conv",
            ["a1", "depthwise", "depthwise_bias"],
            ["d"],
            kernel_shape=[3, 3],
            pads=[1] * 4,
            group=channels,
        ),
        helper.make_node("Relu", ["d"], ["a2"]),
        helper.make_node("Conv", ["a2", "project", "out_bias"], ["out"], kernel_shape=[1, 1]),
    ]
    constants: Weights = {
        "expand": expand,
        "bias": bias,
        "slope1": noise(6, channels, 1, 1),
        "depthwise": depthwise,
        "depthwise_bias": depthwise_bias,
        "project": project,
        "out_bias": noise(7, 8),
    }
    return model_of(nodes, {"face": [1, 8, 9, 9]}, {"out": [1, 8, 9, 9]}, constants)


def widths(model: ModelProto) -> list[int]:
    """Return the number of output channels of each convolution."""
    weights = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    return [len(weights[n.input[1]]) for n in model.graph.node if n.op_type == "Conv"]


def assert_same_answers(model: ModelProto, fitted: ModelProto) -> None:
    """Compare the two on one input."""
    face = noise(9, 1, 8, 9, 9)
    before, after = run(model, face=face)[0], run(fitted, face=face)[0]
    np.testing.assert_allclose(after, before, rtol=1e-5, atol=1e-5 * np.abs(before).max())


@pytest.mark.parametrize(
    ("channels", "dead_rows", "unread", "fitted_channels"),
    [
        (32, (), (), 32),
        (20, (), (), 32),  # blocks of 16 are filled up
        (32, (3, 4, 30), (), 32),  # 29 live: nothing is won by leaving out 3
        (32, tuple(range(0, 32, 2)), (), 16),
        (32, (), tuple(range(5, 25)), 16),
        (48, tuple(range(10)), tuple(range(8, 20)), 32),
        (40, tuple(range(40)), (), 16),  # all dead: one block is left
    ],
)
def test_dead_channels_go_and_whole_blocks_stay(
    channels: int, dead_rows: tuple[int, ...], unread: tuple[int, ...], fitted_channels: int
) -> None:
    """The answers are the same whatever was left out or filled up."""
    model = bottleneck(channels, dead_rows, unread)
    fitted = fit_channels(model)
    assert widths(fitted) == [fitted_channels, fitted_channels, 8]
    assert_same_answers(model, fitted)


def test_a_channel_with_a_bias_alone_is_alive() -> None:
    """A constant is not nothing: at the picture's edge it is not even constant."""
    model = bottleneck(17, dead_rows=(5,))
    bias = next(t for t in model.graph.initializer if t.name == "bias")
    values = numpy_helper.to_array(bias).copy()
    values[5] = 3.0
    bias.CopyFrom(numpy_helper.from_array(values, "bias"))
    fitted = fit_channels(model)
    assert widths(fitted)[0] == 32
    assert_same_answers(model, fitted)


def test_what_somebody_else_reads_stays() -> None:
    """Channels that leave the chain, to another reader or as an answer, are not touched."""
    model = bottleneck(20, dead_rows=tuple(range(10)))
    model.graph.output.append(
        helper.make_tensor_value_info("a1", 1, [1, 20, 9, 9])  # 1 is FLOAT
    )
    assert widths(fit_channels(model)) == [20, 20, 8]


def test_the_original_is_left_alone() -> None:
    """A rewrite returns a copy."""
    model = bottleneck(20)
    before = model.SerializeToString()
    fit_channels(model)
    assert model.SerializeToString() == before


@pytest.mark.parametrize(("channels", "fitted_channels"), [(12, 16), (16, 16), (24, 24)])
def test_a_dense_pair_gets_one_whole_block(channels: int, fitted_channels: int) -> None:
    """Fewer than a block are slow in int8, whose rows are then no whole vectors."""
    nodes = [
        helper.make_node("Conv", ["face", "w1", "b1"], ["x"], kernel_shape=[3, 3], pads=[1] * 4),
        helper.make_node("Relu", ["x"], ["y"]),
        helper.make_node("Conv", ["y", "w2"], ["out"], kernel_shape=[3, 3], pads=[1] * 4),
    ]
    constants: Weights = {
        "w1": noise(1, channels, 8, 3, 3),
        "b1": noise(2, channels),
        "w2": noise(3, 8, channels, 3, 3),
    }
    model = model_of(nodes, {"face": [1, 8, 9, 9]}, {"out": [1, 8, 9, 9]}, constants)
    fitted = fit_channels(model)
    assert widths(fitted) == [fitted_channels, 8]
    assert_same_answers(model, fitted)
