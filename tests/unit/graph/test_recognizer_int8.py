"""The steps before a recognizer is quantised, and the ranges that it is quantised with."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from onnx import ModelProto

from facesvc.models_build.graph.batchnorm import fold_batchnorm
from facesvc.models_build.graph.clipped_ranges import best_range, measure_clipped
from facesvc.models_build.graph.equalise import equalise_channels
from facesvc.models_build.graph.face_inputs import varied_faces
from facesvc.models_build.graph.gemm import gemm_as_conv
from facesvc.models_build.graph.int8 import kept_in_float, quantise_int8, simplified
from facesvc.models_build.graph.prelu import rewrite_prelu
from facesvc.models_build.graph.tensors import GraphRewriteError, constants
from tests.unit.graph.graph_fixtures import Floats, noise, run, tiny_detector, tiny_mobilenet

STEPS = (equalise_channels, fold_batchnorm, gemm_as_conv, rewrite_prelu)


def faces(count: int) -> list[Floats]:
    """Return inputs of the tiny MobileNet."""
    return [noise(seed, 1, 3, 8, 8) for seed in range(count)]


def rewritten(*steps: object) -> ModelProto:
    """Return the tiny MobileNet after these steps."""
    model = tiny_mobilenet()
    for step in steps:
        model = step(model)  # type: ignore[operator] # the steps are functions
    return model


def cosine(first: Floats, second: Floats) -> float:
    """Return the cosine of two vectors."""
    return float(
        first.reshape(-1) @ second.reshape(-1) / np.linalg.norm(first) / np.linalg.norm(second)
    )


@pytest.mark.parametrize("count", range(1, len(STEPS) + 1))
def test_each_step_leaves_the_answers_as_they_are(count: int) -> None:
    """Slopes above 1, channels of all sizes and the normalisation behind them come out right."""
    face = faces(1)[0]
    (before,) = run(tiny_mobilenet(), face=face)
    (after,) = run(rewritten(*STEPS[:count]), face=face)
    assert np.allclose(after, before, rtol=1e-3, atol=1e-4 * np.abs(before).max())


def test_only_convolutions_and_what_int8_has_are_left() -> None:
    """No normalisation, no matrix and no PRelu interrupts the int8 convolutions."""
    kinds = Counter(node.op_type for node in rewritten(*STEPS).graph.node)
    assert set(kinds) == {"Sub", "Conv", "Relu", "Add", "Flatten"}
    assert kinds["Conv"] == 3 + 3 + 1  # with one for each PRelu, and the matrix


def test_channels_come_out_alike_in_size() -> None:
    """Before a depthwise convolution what was a hundredfold apart is within the factor that a
    power of two, and a slope turned round, leave.
    """

    def spread(model: ModelProto) -> float:
        norm = next(node for node in model.graph.node if node.output[0] == "a_norm")
        values = constants(model)
        scale, bias = (np.abs(values[name]) for name in norm.input[1:3])
        size = bias + 4 * scale
        return float(size.max() / size.min())

    assert spread(tiny_mobilenet()) > 100
    assert spread(equalise_channels(tiny_mobilenet())) < 4


def test_a_normalisation_beside_nothing_is_refused() -> None:
    """It cannot be left out, and int8 has no form of it."""
    model = tiny_mobilenet()
    for node in list(model.graph.node):
        if node.op_type == "Flatten":
            node.input[0] = "last"
        if node.output[0] == "last":
            node.input[0] = "c"
    del model.graph.node[-2:]  # the matrix and what follows it
    model.graph.output[0].name = "flat"
    with pytest.raises(GraphRewriteError, match="last"):
        fold_batchnorm(model)


def test_a_quantised_recognizer_points_where_its_original_does() -> None:
    """8 bits an activation suffice once the channels are alike; the first convolution, which
    reads normalised pixels, stays float32.
    """
    exact = rewritten(*STEPS)
    assert kept_in_float(simplified(exact), last=True) == {"Conv_1"}
    assert {"Conv_1", "Conv_2"} < kept_in_float(simplified(exact), last=True, exact=2)
    rough = quantise_int8(exact, measure_clipped(exact, faces(8)), last=True)
    for face in faces(12)[8:]:
        assert 0.99 < cosine(run(exact, face=face)[0], run(rough, face=face)[0]) < 1.0


def test_without_equal_channels_it_does_not() -> None:
    """The step is there for a reason: narrow channels drown in the steps of wide ones."""
    exact = rewritten(*STEPS[1:])
    rough = quantise_int8(exact, measure_clipped(exact, faces(8)), last=True)
    plain = [cosine(run(exact, face=f)[0], run(rough, face=f)[0]) for f in faces(12)[8:]]
    exact = rewritten(*STEPS)
    rough = quantise_int8(exact, measure_clipped(exact, faces(8)), last=True)
    equal = [cosine(run(exact, face=f)[0], run(rough, face=f)[0]) for f in faces(12)[8:]]
    assert 1 - np.mean(equal) < (1 - np.mean(plain)) / 2


def test_a_range_cuts_off_outliers_and_keeps_what_is_dense() -> None:
    """Two numbers in a million far away are not worth the others' precision."""
    values = noise(3, 1_000_000)
    values[:2] = [15.0, -12.0]
    low, high = best_range(values)
    assert -8 < low < -3.5
    assert 3.5 < high < 8
    assert best_range(np.abs(noise(4, 500)))[0] == 0.0


def test_a_model_without_a_matrix_is_left_alone() -> None:
    """Detectors have none."""
    model = tiny_detector()
    assert gemm_as_conv(model).graph.node == model.graph.node


def test_varied_faces_are_seeded_and_lead_with_the_plain_ones() -> None:
    """The same seed gives the same crops, another one others."""
    crops = [np.random.default_rng(5).integers(0, 256, (112, 112, 3), np.uint8)]
    first, again = (list(varied_faces(crops, 3, seed=1)) for _ in range(2))
    other = list(varied_faces(crops, 3, seed=2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert np.array_equal(first[0], crops[0])
    assert not np.array_equal(first[1], other[1])
    assert all(crop.shape == (112, 112, 3) and crop.dtype == np.uint8 for crop in first)
