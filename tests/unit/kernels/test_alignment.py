"""Alignment in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.transform import SimilarityTransform

from facesvc.engine.kernels.alignment import ARCFACE_TEMPLATE, moved_back, similarity


@pytest.mark.parametrize("seed", range(20))
def test_matrix_is_umeyamas(seed: int) -> None:
    """scikit-image's estimate and the closed form agree, for any points at all."""
    points = np.random.default_rng(seed).normal(100, 40, (5, 2)).astype(np.float32)
    expected = SimilarityTransform.from_estimate(points.astype(float), ARCFACE_TEMPLATE)
    np.testing.assert_allclose(
        similarity(points, ARCFACE_TEMPLATE), expected.params[:2], rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_way_back_leads_to_the_points(seed: int) -> None:
    """What the matrix moved, moved back, is where it was."""
    points = np.random.default_rng(seed).normal(100, 40, (5, 2)).astype(np.float32)
    matrix = similarity(points, ARCFACE_TEMPLATE)
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(moved_back(moved, matrix), points, rtol=1e-5)
    inverse = np.linalg.inv(matrix[:, :2])
    np.testing.assert_allclose(
        moved_back(moved, matrix), (moved - matrix[:, 2]) @ inverse.T, rtol=1e-6
    )


def test_mirrored_points_are_turned_not_mirrored() -> None:
    """A face is never flipped, whatever its landmarks look like."""
    matrix = similarity(ARCFACE_TEMPLATE * np.array([-1, 1], np.float32), ARCFACE_TEMPLATE)
    assert np.linalg.det(matrix[:, :2]) > 0


def test_points_in_one_place_are_refused() -> None:
    """There is no scale that spreads one point."""
    with pytest.raises(ValueError, match="one point"):
        similarity(np.full((5, 2), 7, np.float32), ARCFACE_TEMPLATE)
