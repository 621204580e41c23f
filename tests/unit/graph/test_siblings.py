"""Merging convolutions that read the same tensor."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import ModelProto, helper, version_converter

from facesvc.models_build.graph.siblings import merge_siblings
from tests.unit.graph.graph_fixtures import model_of, noise, run


def heads(**other: object) -> ModelProto:
    """Return three convolutions of 2, 8 and 3 channels over one map; the last one may differ."""
    attributes = {"kernel_shape": [3, 3], "pads": [1] * 4}
    nodes, constants, outputs = [], {}, {}
    for number, channels in enumerate((2, 8, 3)):
        constants |= {
            f"w{number}": noise(number, channels, 4, 3, 3),
            f"b{number}": noise(9, channels),
        }
        own = attributes | (other if number == 2 else {})
        names = ["map", f"w{number}", f"b{number}"]
        nodes.append(helper.make_node("Conv", names, [f"out{number}"], **own))
        side = 8 if own["pads"] == [1] * 4 else 6
        outputs[f"out{number}"] = [1, channels, side, side]
    return model_of(nodes, {"map": [1, 4, 8, 8]}, outputs, constants)


def operators(model: ModelProto) -> list[str]:
    """Return the operators in order."""
    return [node.op_type for node in model.graph.node]


@pytest.mark.parametrize("opset", [11, 13])
def test_siblings_become_one_and_answer_as_before(opset: int) -> None:
    """Every output keeps its name, shape and numbers, in old opsets and new."""
    model = version_converter.convert_version(heads(), opset)
    merged = merge_siblings(model)
    assert operators(merged) == ["Conv", "Split"]
    feature_map = noise(5, 1, 4, 8, 8)
    before, after = run(model, map=feature_map), run(merged, map=feature_map)
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-5)


def test_a_convolution_that_reads_in_another_way_stays_apart() -> None:
    """Other padding, other result: only true siblings are merged."""
    model = heads(pads=[0] * 4)
    merged = merge_siblings(model)
    assert sorted(operators(merged)) == ["Conv", "Conv", "Split"]
    feature_map = noise(5, 1, 4, 8, 8)
    for one, other in zip(run(model, map=feature_map), run(merged, map=feature_map), strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-5)


def test_a_model_without_siblings_stays_as_it_is() -> None:
    """Merging twice is merging once."""
    once = merge_siblings(heads())
    assert merge_siblings(once) == once
