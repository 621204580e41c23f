"""Freeing a detector's input size."""

from __future__ import annotations

import numpy as np
import pytest

from facesvc.models_build.graph.input_size import free_input_size
from facesvc.models_build.graph.tensors import GraphRewriteError
from tests.unit.graph.graph_fixtures import noise, run, tiny_detector


def test_freed_detector_gives_the_original_outputs_at_the_exported_size() -> None:
    """A caller at the exported size cannot tell the two models apart."""
    model, image = tiny_detector(), noise(1, 1, 3, 64, 64)
    for before, after in zip(
        run(model, image=image), run(free_input_size(model), image=image), strict=True
    ):
        np.testing.assert_allclose(after, before, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (96, 160), (640, 64)])
def test_freed_detector_takes_other_sizes(height: int, width: int) -> None:
    """Each stride has one row an anchor at every size, not only square ones."""
    outputs = run(free_input_size(tiny_detector()), image=noise(2, 1, 3, height, width))
    strides = (8, 16)
    assert [len(o[0]) for o in outputs] == [(height // s) * (width // s) for s in strides]


def test_a_larger_canvas_keeps_the_numbers_of_the_part_that_stays() -> None:
    """The resize still copies the neighbour that it copied before: no shift, no blur."""
    free = free_input_size(tiny_detector())
    small = noise(3, 1, 3, 64, 64)
    large = np.zeros((1, 3, 128, 128), np.float32)
    large[:, :, :64, :64] = small
    rows = run(free, image=large)[0].reshape(16, 16, 4)[:8, :8]
    np.testing.assert_allclose(rows, run(free, image=small)[0].reshape(8, 8, 4), atol=1e-5)


def test_the_original_is_left_as_it_was() -> None:
    """A rewrite returns a copy."""
    model = tiny_detector()
    before = model.SerializeToString(deterministic=True)
    free_input_size(model)
    assert model.SerializeToString(deterministic=True) == before


def test_a_free_model_stays_as_it_is() -> None:
    """Freeing twice is freeing once."""
    once = free_input_size(tiny_detector())
    assert free_input_size(once) == once


def test_a_resize_by_no_whole_number_is_refused() -> None:
    """At another size it would round differently, so the outputs could not be promised."""
    model = tiny_detector()
    for tensor in model.graph.initializer:
        if tensor.name == "sizes":
            tensor.raw_data = np.array([1, 4, 7, 7], np.int64).tobytes()
    model.graph.node[3].input[0] = "up"  # the sum's other side no longer fits
    with pytest.raises(GraphRewriteError, match="whole number"):
        free_input_size(model)
