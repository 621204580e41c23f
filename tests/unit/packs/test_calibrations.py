"""The calibrations that come with the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from facesvc.domain.risk import GallerySize
from facesvc.models.builtin import COMPACT, COMPACT_SINGLE, OPEN
from facesvc.models.manifest import Manifest
from facesvc.models.pack import Pack


@pytest.mark.parametrize("manifest", [OPEN, COMPACT, COMPACT_SINGLE], ids=lambda each: each.name)
def test_every_pack_that_is_built_here_is_calibrated(manifest: Manifest, tmp_path: Path) -> None:
    """A pack whose models change needs a new calibration, or the checks would be off."""
    calibration = Pack(tmp_path, manifest).decision_calibration()
    assert calibration is not None
    assert calibration.source.people > 2000
    assert 0.0 < calibration.recognizability.limit < 1.0
    scores = calibration.impostors
    for rate in scores.measured:
        if rate.low > 0:
            assert rate.low * 0.8 < scores.fmr(rate.threshold) < rate.high * 1.2
    thousand = GallerySize(1000, 1000)
    assert 0.4 < scores.threshold_for_fpir(0.01, thousand) < scores.highest_threshold


@pytest.mark.parametrize("manifest", [OPEN, COMPACT, COMPACT_SINGLE], ids=lambda each: each.name)
def test_no_calibration_takes_more_for_less(manifest: Manifest, tmp_path: Path) -> None:
    """Longer vectors and a surer detector never make a face less recognizable; crops, heads that
    may stand the wrong way up, and what is missed are known of every pack.
    """
    calibration = Pack(tmp_path, manifest).decision_calibration()
    assert calibration is not None
    curve, of_crops = calibration.recognizability, calibration.crop_recognizability
    assert of_crops is not None
    for weights in (curve.weights, of_crops.weights):
        assert min(weights) >= 0.0 < max(weights)
    assert curve.confidence_weight > 0.0 == of_crops.confidence_weight
    assert of_crops.limit == curve.limit
    assert calibration.sure_confidence is not None
    assert calibration.genuine is not None


@pytest.mark.parametrize("manifest", [OPEN, COMPACT], ids=lambda each: each.name)
def test_packs_of_two_recognizers_know_crops_and_faces_on_their_head(
    manifest: Manifest, tmp_path: Path
) -> None:
    """What their calibrations have beside the risk: a curve without a detector, a confidence."""
    calibration = Pack(tmp_path, manifest).decision_calibration()
    assert calibration is not None
    curve = calibration.crop_recognizability
    assert curve is not None
    assert curve.confidence_weight == 0.0
    assert curve.limit == calibration.recognizability.limit
    assert curve.value((3.7, 12.6), 0.0) > 0.9  # as long as a clean face's vectors in the median
    assert curve.value((2.0, 5.0), 0.0) < curve.limit
    assert calibration.sure_confidence is not None
    assert 0.7 < calibration.sure_confidence < 0.95
