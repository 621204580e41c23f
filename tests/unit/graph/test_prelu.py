"""Rewriting PRelu by convolutions."""

from __future__ import annotations

import numpy as np
import pytest

from facesvc.models_build.graph.prelu import rewrite_prelu
from tests.unit.graph.graph_fixtures import noise, run, tiny_recognizer


@pytest.mark.parametrize(("greatest_slope", "convolutions"), [(1.5, 4), (0.9, 3)])
def test_rewritten_model_gives_the_original_outputs(
    greatest_slope: float, convolutions: int
) -> None:
    """Slopes below 0, between 0 and 1, and above 1 all come out the same; without any above 1
    one convolution is enough.
    """
    model, face = tiny_recognizer(greatest_slope=greatest_slope), noise(1, 1, 3, 16, 16)
    fast = rewrite_prelu(model)
    assert sum(node.op_type == "Conv" for node in fast.graph.node) == convolutions
    assert "PRelu" not in {node.op_type for node in fast.graph.node}
    before, after = run(model, face=face)[0], run(fast, face=face)[0]
    np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-4 * np.abs(before).max())


def test_a_slope_shared_by_all_channels_stays_a_prelu() -> None:
    """The number of channels is not in the slope then, so there is nothing to rewrite with."""
    model = tiny_recognizer(slope_shape=(1,))
    assert [node.op_type for node in rewrite_prelu(model).graph.node] == [
        node.op_type for node in model.graph.node
    ]
