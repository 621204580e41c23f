"""Quantising a detector to int8."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import ModelProto

from facesvc.models_build.graph.calibration_inputs import calibration_blobs
from facesvc.models_build.graph.input_size import free_input_size
from facesvc.models_build.graph.int8 import kept_in_float, measure_ranges, quantise_int8
from facesvc.models_build.graph.tensors import GraphRewriteError
from tests.unit.graph.graph_fixtures import Floats, run, tiny_deep_detector

PHOTOS = [np.random.default_rng(5).integers(0, 256, (90, 120, 3), dtype=np.uint8)]


def calibration() -> list[Floats]:
    """Return a few small inputs."""
    return list(calibration_blobs(PHOTOS, count=6, side=64))


@pytest.fixture(scope="module")
def quantised() -> ModelProto:
    """A small detector in int8."""
    model = free_input_size(tiny_deep_detector())
    return quantise_int8(model, measure_ranges(model, calibration()))


def test_outputs_stay_close_to_float32(quantised: ModelProto) -> None:
    """8 bits an activation leave a few per cent of the outputs' spread."""
    image = calibration()[3]
    for exact, rough in zip(
        run(tiny_deep_detector(), image=image), run(quantised, image=image), strict=True
    ):
        assert 0 < np.abs(exact - rough).max() < 0.1 * exact.std()


def test_the_convolutions_between_input_and_heads_hold_int8_weights(
    quantised: ModelProto,
) -> None:
    """Only the first convolution and the heads stay in float32."""
    kinds = {t.name: t.data_type for t in quantised.graph.initializer}
    int8 = {name for name, kind in kinds.items() if kind == onnx.TensorProto.INT8}
    assert {f"w{n}_quantized" for n in (2, 3)} <= int8
    assert {name for name, kind in kinds.items() if kind == onnx.TensorProto.FLOAT} >= {
        "w1",
        "w4",
    }


def test_kept_convolutions_are_the_first_and_those_before_outputs() -> None:
    """Reshapes and transposes between a convolution and an output do not hide it."""
    model = tiny_deep_detector()
    for number, node in enumerate(model.graph.node):
        node.name = f"{node.op_type}_{number}"
    assert kept_in_float(model) == {"Conv_0", "Conv_6"}


def test_ranges_hold_what_was_seen_to_three_digits() -> None:
    """Ranges are widened, never narrowed, by at most one in the third digit."""
    model = free_input_size(tiny_deep_detector())
    (rows,) = run(model, image=calibration()[0])
    low, high = measure_ranges(model, calibration()[:1])["head"]
    assert low <= rows.min() and high >= rows.max()
    assert high == pytest.approx(rows.max(), rel=1e-2)
    assert float(f"{high:.3g}") == high


def test_ranges_of_another_model_are_refused() -> None:
    """A table that was measured on another detector must not be used unnoticed."""
    with pytest.raises(GraphRewriteError, match="another model"):
        quantise_int8(tiny_deep_detector(), {"no_such_tensor": (0.0, 1.0)})


def test_the_input_size_stays_free(quantised: ModelProto) -> None:
    """A free detector is free in int8 too."""
    (rows,) = run(quantised, image=np.zeros((1, 3, 96, 32), np.float32))
    assert rows.shape == (1, 12 * 4, 4)


def test_another_process_writes_the_same_bytes() -> None:
    """Neither hash seeds nor the order of sets reach the file."""
    program = (
        "import hashlib, tests.unit.graph.test_int8 as t;"
        "m = t.free_input_size(t.tiny_deep_detector());"
        "m = t.quantise_int8(m, t.measure_ranges(m, t.calibration()));"
        "print(hashlib.sha256(m.SerializeToString()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.splitlines()[-1]
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_calibration_is_seeded_and_shows_each_photo_as_it_is_first() -> None:
    """The same seed gives the same inputs, another one others; the plain photo leads."""
    first, again = (list(calibration_blobs(PHOTOS, 3, 64, seed=1)) for _ in range(2))
    other = list(calibration_blobs(PHOTOS, 3, 64, seed=2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert np.array_equal(first[0], other[0])
    assert not np.array_equal(first[1], other[1])
    assert all(b.shape == (1, 3, 64, 64) and np.abs(b).max() <= 1 for b in first)
