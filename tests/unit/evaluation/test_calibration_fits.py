"""The curve of recognizability and the impostors' tail, fitted to numbers whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.domain.faces import BoundingBox
from facesvc.domain.risk import ImpostorScores
from facesvc.evaluation.calibration.degradations import DEGRADATIONS, fingerprint
from facesvc.evaluation.calibration.kept_faces import Faces
from facesvc.evaluation.calibration.recognizability import (
    REFUSED_SHARE,
    fit_crop_curve,
    fit_curve,
)
from facesvc.evaluation.calibration.tail import fit_tail


def faces(lengths: NDArray[np.float64], confidence: NDArray[np.float64]) -> Faces:
    """Large faces in good light."""
    count = len(lengths)
    one = np.ones(count)
    return Faces(
        path=np.array([str(number) for number in range(count)]),
        embedding=np.zeros((count, 512), np.float32),
        lengths=lengths,
        confidence=confidence,
        box=np.array([0.0, 0.0, 100.0, 120.0]) * one[:, None],
        blur=0.1 * one,
        brightness=0.5 * one,
        overexposed=0.0 * one,
        eye_contrast=2.0 * one,
    )


def test_no_weight_is_negative_where_spoilt_photos_would_have_it_so() -> None:
    """Lengths of two recognizers that go together: the difference of both tells the spoilt ones
    apart a little better, and would call a longer vector a sign of less identity.
    """
    random = np.random.default_rng(1)
    common = random.normal(size=4000)
    good = np.stack([4 + common * 0.4, 12 + common], axis=1) + random.normal(0, 0.05, (4000, 2))
    bad = np.stack([3.9 + common * 0.4, 9 + common], axis=1) + random.normal(0, 0.05, (4000, 2))
    sure = random.normal(0.9, 0.02, 4000)
    clean, spoilt = faces(good, sure), {"spoilt": faces(bad, sure - 0.01)}
    for curve in (
        fit_curve(clean, spoilt),
        fit_crop_curve(clean, spoilt, fit_curve(clean, spoilt)),
    ):
        assert min(*curve.weights, curve.confidence_weight) >= 0.0
        values = np.array([curve.value(row, at) for row, at in zip(good, sure, strict=True)])
        assert (values < curve.limit).mean() == pytest.approx(REFUSED_SHARE, abs=0.002)
        of_spoilt = [curve.value(row, at - 0.01) for row, at in zip(bad, sure, strict=True)]
        assert (np.array(of_spoilt) < curve.limit).mean() > 0.5


@pytest.mark.parametrize(("shape", "seed"), [(-0.1, 0), (0.0, 1), (0.0, 2)])
def test_a_few_relatives_do_not_change_what_strangers_are_said_to_reach(
    shape: float, seed: int
) -> None:
    """A thousand pairs of strangers, with twelve pairs of sisters among them: the rate is the sum
    of both, at the tail's start, in its middle, and where only sisters are.
    """
    random = np.random.default_rng(seed)
    uniform = random.random(1000)
    excess = -0.02 * np.log(uniform) if shape == 0 else 0.02 * (uniform**-shape - 1) / shape
    relatives = -0.15 * np.log((np.arange(12) + 0.5) / 12)  # 0.006 to 0.48
    tail = fit_tail(np.concatenate([excess, relatives]))
    scores = ImpostorScores(
        body=((-1.0, 1.0), (0.4, 1e-4)),
        scale=tail.scale,
        shape=tail.shape,
        dispersion=1.0,
        samples_exponent=1.0,
        least_fmr=1e-6,
        related_share=tail.related_share,
        related_scale=tail.related_scale,
    )

    def really(at: float) -> float:
        strangers = (
            np.exp(-at / 0.02) if shape == 0 else max(1 + shape * at / 0.02, 0) ** (-1 / shape)
        )
        return (1000 * float(strangers) + float((relatives > at).sum())) / 1012 * 1e-4

    for at in (0.0, 0.03, 0.06, 0.1, 0.2):
        assert 1 / 1.5 < scores.fmr(0.4 + at) / really(at) < 1.5


def test_without_relatives_the_tail_is_that_of_strangers() -> None:
    """Nothing is added to it that was not there."""
    excess = np.random.default_rng(3).exponential(0.02, 2000)
    tail = fit_tail(excess)
    assert tail.scale == pytest.approx(0.02, rel=0.1)
    assert tail.related_share < 0.005


def test_every_way_of_spoiling_changes_the_photo_and_has_its_own_fingerprint() -> None:
    """Kept observations of another way are told apart by it."""
    random = np.random.default_rng(0)
    photo = random.integers(0, 256, (120, 160, 3), np.uint8)
    before, box = photo.copy(), BoundingBox(30.0, 20.0, 110.0, 115.0)
    for kind, spoil in DEGRADATIONS.items():
        spoilt = spoil(photo, box)
        assert spoilt.dtype == np.uint8, kind
        assert spoilt.shape != photo.shape or (spoilt != photo).any(), kind
        assert (photo == before).all(), f"{kind} writes into the photo it was given"
    assert len({fingerprint(spoil) for spoil in DEGRADATIONS.values()}) == len(DEGRADATIONS)


def test_a_face_at_the_photos_edge_can_be_spoilt() -> None:
    """Boxes reach past the edges, and leave pixels all the same."""
    photo = np.full((40, 40, 3), 90, np.uint8)
    for kind, spoil in DEGRADATIONS.items():
        for box in (BoundingBox(-30, -30, 10, 10), BoundingBox(20, 10, 60, 60)):
            assert min(spoil(photo, box).shape) > 0, kind
