"""The scores of pairs of the same person: measured, kept and asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facesvc.domain.genuine import GenuineScores
from facesvc.evaluation.calibration.genuine import fit_genuine
from facesvc.models.calibration_json import read_calibration

SHIPPED = Path(__file__).resolve().parents[2] / "facesvc" / "models" / "calibrations"
SCORES = GenuineScores(((0.2, 0.0), (0.4, 0.1), (0.8, 1.0)), pairs=100, people=20)


def test_the_rate_rises_between_what_was_measured() -> None:
    """Nobody is missed below the lowest pair, everybody above the highest."""
    assert [SCORES.fnmr(at) for at in (-1, 0.2, 0.3, 0.4, 0.6, 0.8, 1)] == pytest.approx(
        [0, 0, 0.05, 0.1, 0.55, 1, 1]
    )


@pytest.mark.parametrize(
    ("curve", "pairs"),
    [
        (((0.2, 0.0),), 1),
        (((0.2, 0.1), (0.4, 1.0)), 1),
        (((0.2, 0.0), (0.4, 0.9)), 1),
        (((0.4, 0.0), (0.2, 1.0)), 1),
        (((0.2, 0.0), (0.4, 1.0)), 0),
    ],
)
def test_a_curve_that_cannot_be_is_refused(curve: tuple, pairs: int) -> None:
    """It rises, from nobody to everybody, and comes from somebody."""
    with pytest.raises(ValueError, match="genuine curve"):
        GenuineScores(curve, pairs, people=1)


def test_it_is_measured_over_every_pair_of_a_person_and_over_no_other() -> None:
    """Three photos each of fifty people: 150 pairs, a share of which is below any threshold."""
    random = np.random.default_rng(7)
    centres = random.normal(size=(50, 512))
    photos = np.repeat(centres, 3, axis=0) + random.normal(size=(150, 512)) * 0.5
    photos = (photos / np.linalg.norm(photos, axis=1, keepdims=True)).astype(np.float32)
    people = np.repeat(np.arange(50), 3)
    found = fit_genuine(photos, people)
    assert found is not None
    assert (found.pairs, found.people) == (150, 50)
    own = [
        float(photos[a] @ photos[b]) for a in range(150) for b in range(a) if people[a] == people[b]
    ]
    for threshold in np.quantile(own, (0.1, 0.35, 0.5, 0.8)):
        assert found.fnmr(threshold) == pytest.approx(np.mean(own < threshold), abs=0.02)
    assert fit_genuine(photos[:9], people[:9]) is None, "nine pairs are no curve"


@pytest.mark.parametrize("pack", ["open", "compact", "compact-single"])
def test_the_shipped_packs_have_one(pack: str) -> None:
    """From photos of hundreds of people; at the default threshold few are missed."""
    genuine = read_calibration(SHIPPED / f"{pack}.json").genuine
    assert genuine is not None
    assert genuine.people > 500
    assert 0.0 < genuine.fnmr(0.45) < 0.05 < genuine.fnmr(0.7)
