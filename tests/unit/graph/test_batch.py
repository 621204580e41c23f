"""Freeing a recogniser's batch."""

from __future__ import annotations

import numpy as np
import pytest

from facesvc.adapters.packs.graph.batch import free_batch
from facesvc.adapters.packs.graph.tensors import GraphRewriteError
from tests.unit.graph.graph_fixtures import noise, run, tiny_detector, tiny_recognizer


def test_a_batch_gives_what_the_faces_give_alone() -> None:
    """Each row is the embedding of its own face."""
    model, faces = tiny_recognizer(), noise(1, 5, 3, 16, 16)
    alone = np.vstack([run(model, face=faces[i : i + 1])[0] for i in range(5)])
    together = run(free_batch(model), face=faces)[0]
    assert together.shape == (5, 6)
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-5)


def test_a_free_batch_stays_as_it_is() -> None:
    """Freeing twice is freeing once."""
    once = free_batch(tiny_recognizer())
    assert free_batch(once) == once


def test_a_model_of_several_outputs_is_refused() -> None:
    """A detector's reshapes mix the batch with the anchors."""
    with pytest.raises(GraphRewriteError, match="one output"):
        free_batch(tiny_detector())
