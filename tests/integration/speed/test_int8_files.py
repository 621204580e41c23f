"""The int8 forms that the packs come with: the same bytes everywhere, of ranges of known photos."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from facesvc.models.int8_calibration import shipped_calibration
from facesvc.models.manifest import ModelFile
from facesvc.models.pack import Pack
from facesvc.models_build.prepare import Variants
from tests.integration.speed.conftest import SAMPLES

FILES = ("scrfd.onnx", "sface.onnx", "fr_pose.onnx")


@pytest.fixture(params=FILES)
def spec(pack: Pack, request: pytest.FixtureRequest) -> ModelFile:
    """A model that has an int8 form."""
    (found,) = (model for model in pack.manifest.models if model.file == request.param)
    return found


def test_every_model_with_an_int8_form_is_looked_at(pack: Pack) -> None:
    """One that gets such a form has to be named above."""
    assert {m.file for m in pack.manifest.models if pack.runs_in_int8(m)} == set(FILES)


def test_the_file_is_the_same_wherever_it_is_made(
    pack: Pack, spec: ModelFile, tmp_path: Path
) -> None:
    """Made anew in another folder, it has the same bytes."""
    shutil.copy(pack.folder / spec.file, tmp_path)
    anew = Variants(Pack(tmp_path, pack.manifest))
    assert anew.int8(spec) == pack.int8_bytes(spec)


def test_the_ranges_are_of_the_sample_photos(spec: ModelFile) -> None:
    """They say which photos they come from."""
    calibration = shipped_calibration(spec.sha256)
    assert calibration is not None
    assert dict(calibration.photos) == {
        f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in SAMPLES.rglob("*.jpg")
    }
