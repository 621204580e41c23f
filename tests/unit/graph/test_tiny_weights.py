"""Zeroing weights that are too small to count."""

from __future__ import annotations

import numpy as np
from onnx import numpy_helper

from facesvc.models_build.graph.tiny_weights import flush_tiny_weights
from tests.unit.graph.graph_fixtures import noise, run, tiny_recognizer


def test_tiny_weights_become_zero_and_the_answer_stays() -> None:
    """Denormal ones and those whose products are; the answer does not differ in one bit."""
    model, face = tiny_recognizer(), noise(1, 1, 3, 16, 16)
    tensor = next(t for t in model.graph.initializer if t.name == "w1")
    weights = numpy_helper.to_array(tensor).copy()
    weights[0, 0, 0], weights[1, 1, 1], weights[2] = 1e-40, -1e-20, 9e-16
    tensor.CopyFrom(numpy_helper.from_array(weights, "w1"))
    flushed = flush_tiny_weights(model)
    after = numpy_helper.to_array(next(t for t in flushed.graph.initializer if t.name == "w1"))
    assert (after[0, 0, 0] == 0).all()
    assert (after[1, 1, 1] == 0).all()
    assert (after[2] == 0).all()
    assert np.count_nonzero(after) == weights.size - 3 - 3 - 27
    np.testing.assert_array_equal(run(flushed, face=face)[0], run(model, face=face)[0])


def test_a_model_without_tiny_weights_stays_as_it_is() -> None:
    """Nothing is written again for nothing; shapes of integers are not looked at."""
    assert flush_tiny_weights(tiny_recognizer()) == tiny_recognizer()
