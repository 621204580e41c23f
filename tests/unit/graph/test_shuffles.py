"""Leaving out channel shuffles."""

from __future__ import annotations

import numpy as np
import onnx

from facesvc.models_build.graph.clipped_ranges import measure_clipped
from facesvc.models_build.graph.int8 import quantise_int8
from facesvc.models_build.graph.shuffles import drop_shuffles
from tests.unit.graph.graph_fixtures import noise, run, tiny_detector, tiny_shufflenet


def test_outputs_stay_the_same_without_shuffles() -> None:
    """Every channel is found where it was made, also behind a depthwise convolution."""
    face = noise(1, 1, 3, 8, 8)
    straight = drop_shuffles(tiny_shufflenet())
    kinds = {node.op_type for node in straight.graph.node}
    assert kinds == {"Conv", "Split", "Concat"}
    (before,), (after,) = run(tiny_shufflenet(), face=face), run(straight, face=face)
    np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-4 * np.abs(before).max())


def test_a_model_whose_shuffles_end_elsewhere_stays_as_it_is() -> None:
    """Only a convolution's weights can take another order of channels."""
    model = tiny_shufflenet(end="Relu")
    assert drop_shuffles(model).graph.node == model.graph.node


def test_a_model_without_shuffles_stays_as_it_is() -> None:
    """Detectors have none."""
    model = tiny_detector()
    assert drop_shuffles(model).graph.node == model.graph.node


def test_int8_moves_the_slices_without_turning_to_float32() -> None:
    """Between the first convolution and the last nothing but weights is dequantised twice."""
    straight = drop_shuffles(tiny_shufflenet())
    faces = [noise(seed, 1, 3, 8, 8) for seed in range(6)]
    rough = quantise_int8(straight, measure_clipped(straight, faces, moves=True), moves=True)
    readers = {name: node.op_type for node in rough.graph.node for name in node.input}
    makers = {name: node.op_type for node in rough.graph.node for name in node.output}
    joins = [node for node in rough.graph.node if node.op_type == "Concat"]
    assert all(makers[name] == "DequantizeLinear" for node in joins for name in node.input)
    assert all(readers[node.output[0]] == "QuantizeLinear" for node in joins)
    onnx.checker.check_model(rough)
    (exact,), (found,) = run(straight, face=faces[5]), run(rough, face=faces[5])
    assert 0 < np.abs(exact - found).max() < 0.1 * exact.std()
