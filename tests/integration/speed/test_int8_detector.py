"""The int8 detector of the compact pack, as it is made here."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.domain.photo import Photo
from facesvc.engine.config import EngineConfig, Precision
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.models.manifest import Role
from facesvc.models.pack import Pack
from facesvc.models.pack_errors import PackError
from facesvc.models_build.prepare import Variants
from tests.integration.speed.conftest import ROOT

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def engines(pack: Pack) -> tuple[OnnxFaceEngine, OnnxFaceEngine]:
    """The float32 and the int8 engine."""
    config = EngineConfig()
    return build_engine(pack, config), build_engine(pack, replace(config, precision=Precision.INT8))


def test_every_face_is_kept_where_it_is(
    engines: tuple[OnnxFaceEngine, OnnxFaceEngine], photos: dict[str, Pixels]
) -> None:
    """On the sample photos no face is lost or added; landmarks move by at most 1.5 % of the
    eyes' distance on average.
    """
    shifts = []
    for name, pixels in photos.items():
        exact, rough = (engine.detect(Photo.from_pixels(pixels)) for engine in engines)
        assert len(exact) == len(rough), name
        for face in exact:
            eyes = np.linalg.norm(face.landmarks[0] - face.landmarks[1])
            moved = [
                np.linalg.norm(other.landmarks - face.landmarks, axis=1).mean() for other in rough
            ]
            shifts.append(min(moved) / eyes)
    assert len(shifts) >= 17
    assert 0 < np.mean(shifts) <= 0.015


def test_the_two_precisions_have_galleries_of_their_own(
    engines: tuple[OnnxFaceEngine, OnnxFaceEngine],
) -> None:
    """Their embeddings differ, so their digests do."""
    exact, rough = engines
    assert exact.info.recognizer != rough.info.recognizer


@pytest.mark.skipif("FACESVC_LONG_TESTS" not in os.environ, reason="takes 10 s")
def test_the_shipped_calibration_can_be_measured_again() -> None:
    """The script finds the same ranges in the same photos."""
    script = ROOT / "scripts" / "calibrate_int8.py"
    subprocess.run([sys.executable, str(script), "--check", "scrfd.onnx"], check=True)


def test_another_packs_detector_is_calibrated_once_and_kept(pack: Pack, tmp_path: Path) -> None:
    """Without shipped ranges they are measured on the photo that is always there."""
    spec = pack.manifest.with_role(Role.DETECTOR)[0]
    data = (pack.folder / spec.file).read_bytes() + b"\x9a\x01\x00"  # an unknown, empty field
    other = replace(spec, file="other.onnx", sha256=hashlib.sha256(data).hexdigest())
    (tmp_path / other.file).write_bytes(data)
    models = (other, *pack.manifest.models[1:])
    foreign = Variants(Pack(tmp_path, replace(pack.manifest, models=models)))
    assert foreign.calibration(other) == foreign.calibration(other)
    record = json.loads((tmp_path / "int8_ranges.json").read_text())
    assert list(record["photos"]) == ["images/t1.jpg"]
    assert foreign.int8(other)


def test_a_calibration_that_ruins_the_detector_is_refused(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check when it is made is what stands between bad ranges and lost faces."""
    spec = pack.manifest.with_role(Role.DETECTOR)[0]
    shutil.copy(pack.folder / spec.file, tmp_path)
    good = pack.calibration(spec)
    bad = replace(
        good, ranges={name: (low / 9, high / 9) for name, (low, high) in good.ranges.items()}
    )
    spoilt = Variants(Pack(tmp_path, pack.manifest))
    monkeypatch.setattr(Pack, "calibration", lambda *_: bad)
    with pytest.raises(PackError, match="int8"):
        spoilt.int8(spec)
