"""The int8 pose model of the built-in packs, as it is made here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.domain.photo import Photo
from facesvc.domain.quality import Quality
from facesvc.engine.config import EngineConfig, Precision
from facesvc.engine.engine import build_engine
from facesvc.models.pack import Pack

Pairs = list[tuple[Quality, Quality]]


@pytest.fixture(scope="module")
def qualities(pack: Pack, photos: dict[str, NDArray[np.uint8]]) -> Pairs:
    """Both precisions' quality of every face of the sample photos, found once."""
    config = EngineConfig()
    engines = [build_engine(pack, replace(config, precision=one)) for one in Precision]
    seen = [Photo.from_pixels(pixels) for pixels in photos.values()]
    found = [(photo, face) for photo in seen for face in engines[0].detect(photo)]
    # a new photo for each engine: a face keeps with its own what a model said of it
    assess = [
        [engine.assess_quality(replace(photo), face) for photo, face in found] for engine in engines
    ]
    return list(zip(*assess, strict=True))


def test_heads_look_where_they_looked(qualities: Pairs) -> None:
    """Yaw and pitch stay within 0.7 degrees on average, 3 for every face."""
    angles = [
        (first.pose_yaw - second.pose_yaw, first.pose_pitch - second.pose_pitch)
        for first, second in qualities
    ]
    assert len(angles) >= 17
    moved = np.abs(angles)
    assert 0 < moved.mean(axis=0).max() <= 0.7
    assert moved.max() <= 3.0


def test_quality_stays_as_it_is(qualities: Pairs) -> None:
    """Who is frontal stays so, and scores move by 0.01 at most."""
    for first, second in qualities:
        assert first.is_frontal == second.is_frontal
        assert second.score == pytest.approx(first.score, abs=0.01)
