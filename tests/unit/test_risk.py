"""From a threshold to the risk of a false match, and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from facesvc.domain.calibration import LabelledPhotos, PackCalibration
from facesvc.domain.recognizability import RecognizabilityCurve
from facesvc.domain.risk import GallerySize, ImpostorScores, MeasuredRate
from facesvc.models.calibration_json import (
    CALIBRATION_FILE,
    find_calibration,
    read_calibration,
    write_calibration,
)
from facesvc.models.pack_errors import PackError

SCORES = ImpostorScores(
    body=((-1.0, 1.0), (0.0, 0.5), (0.2, 0.02), (0.4, 1e-4)),
    scale=0.03,
    shape=0.0,
    dispersion=2.5,
    samples_exponent=0.8,
    least_fmr=1e-6,
    measured=(MeasuredRate(0.45, 2.5e-5, 2e-5, 3e-5),),
)
ONE_EACH = GallerySize(users=1000, samples=1000)


def calibration() -> PackCalibration:
    """A calibration of one recognizer."""
    curve = RecognizabilityCurve((2.0,), 4.0, -9.0, 0.4)
    return PackCalibration("d" * 64, ("r" * 64,), LabelledPhotos("tests", 9, 3), curve, SCORES)


def test_the_rate_falls_with_the_threshold_and_has_no_step() -> None:
    """The tail begins where the measured body ends."""
    rates = [SCORES.fmr(step / 100) for step in range(-100, 101)]
    assert rates == sorted(rates, reverse=True)
    assert SCORES.fmr(0.4) == pytest.approx(SCORES.fmr(0.4 - 1e-9), rel=1e-6)
    assert SCORES.fmr(0.43) == pytest.approx(1e-4 * 0.36788, rel=1e-4)  # one scale further


def test_more_people_and_more_samples_raise_the_risk() -> None:
    """A second sample of a user is less than another user, and never nothing."""
    few = SCORES.fpir(0.45, GallerySize(100, 100))
    many = SCORES.fpir(0.45, ONE_EACH)
    twice = SCORES.fpir(0.45, GallerySize(1000, 2000))
    assert few < many < twice < SCORES.fpir(0.45, GallerySize(2000, 2000))
    assert SCORES.fpir(0.45, GallerySize(0, 0)) == 0.0


@pytest.mark.parametrize("target", [0.3, 0.01, 0.001])
def test_a_target_gives_the_least_threshold_that_keeps_it(target: float) -> None:
    """What the target turns into is neither too strict nor too lax."""
    threshold = SCORES.threshold_for_fpir(target, ONE_EACH)
    assert SCORES.fpir(threshold, ONE_EACH) <= target
    assert SCORES.fpir(threshold - 1e-6, ONE_EACH) > target
    verify = SCORES.threshold_for_fmr(target, samples=3)
    assert SCORES.fmr_of_user(verify, 3) <= target < SCORES.fmr_of_user(verify - 1e-6, 3)


def test_beyond_the_photos_evidence_there_is_no_promise() -> None:
    """The highest threshold is the one of the least rate that was seen."""
    assert SCORES.fmr(SCORES.highest_threshold) == pytest.approx(1e-6, rel=1e-6)


def test_recognizability_grows_with_each_length() -> None:
    """Two recognizers have two lengths, and each counts."""
    curve = RecognizabilityCurve((2.0, 0.5), 4.0, -11.0, 0.5)
    low, longer, longest = (curve.value(x, 0.7) for x in ((2.0, 5.0), (3.0, 5.0), (3.0, 7.0)))
    assert 0.0 < low < longer < longest < curve.value((3.0, 7.0), 0.9) < 1.0
    assert curve.value((1e9, 1e9), 0.5) == 1.0
    assert curve.value((-1e9, 0.0), 0.5) == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(ValueError, match="1 lengths for 2 weights"):
        curve.value((3.0,), 0.5)


def test_a_calibration_comes_back_from_its_file(tmp_path: Path) -> None:
    """And is found for its own models only."""
    write_calibration(calibration(), tmp_path / CALIBRATION_FILE)
    assert read_calibration(tmp_path / CALIBRATION_FILE) == calibration()
    assert find_calibration(tmp_path, "d" * 64, ("r" * 64,)) == calibration()
    assert find_calibration(tmp_path, "d" * 64, ("r" * 64, "s" * 64)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"recognizers": ["a", "b"]},
        {"impostors": asdict(SCORES) | {"scale": 0}},
        {"impostors": asdict(SCORES) | {"body": [[-1, 1.0], [-2, 0.5]]}},
        {
            "recognizability": {
                "weights": [1.0],
                "confidence_weight": 1.0,
                "offset": 0.0,
                "limit": 2.0,
            }
        },
    ],
)
def test_a_broken_calibration_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    """Numbers that cannot be meant end the start, with the file's name."""
    path = tmp_path / CALIBRATION_FILE
    write_calibration(calibration(), path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(PackError, match=CALIBRATION_FILE):
        read_calibration(path)
