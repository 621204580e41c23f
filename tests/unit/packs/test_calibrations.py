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
