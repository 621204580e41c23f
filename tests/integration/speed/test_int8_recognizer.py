"""The int8 recognizer of the open and the compact pack, as it is made here."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

from facesvc.domain.photo import Photo
from facesvc.engine.config import EngineConfig, Precision
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.engine.providers import CPU, session_options
from facesvc.engine.sessions import open_model
from facesvc.models.load import load_pack
from facesvc.models.manifest import ModelFile, Role
from facesvc.models.pack import Pack
from facesvc.models.pack_errors import PackError
from facesvc.models_build.prepare import Variants
from tests.integration.speed.conftest import ROOT

Pixels = NDArray[np.uint8]
Embeddings = dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]


@pytest.fixture(scope="module")
def open_pack() -> Pack:
    """The default pack."""
    return load_pack("open", Path(os.environ.get("MODEL_ROOT", ROOT / "models")))


@pytest.fixture(scope="module")
def sface(open_pack: Pack) -> ModelFile:
    """The recognizer that has an int8 form."""
    (spec,) = (
        m for m in open_pack.manifest.with_role(Role.RECOGNIZER) if open_pack.runs_in_int8(m)
    )
    return spec


@pytest.fixture(scope="module")
def engines(open_pack: Pack) -> tuple[OnnxFaceEngine, OnnxFaceEngine]:
    """The float32 and the int8 engine."""
    config = EngineConfig()
    int8 = replace(config, precision=Precision.INT8)
    return build_engine(open_pack, config), build_engine(open_pack, int8)


@pytest.fixture(scope="module")
def embeddings(
    engines: tuple[OnnxFaceEngine, OnnxFaceEngine], photos: dict[str, Pixels]
) -> Embeddings:
    """Both embeddings of the most certain face of each photo."""
    found = {}
    for name, pixels in photos.items():
        photo = Photo.from_pixels(pixels)
        first, second = (engine.embed(photo, engine.detect(photo)[0]) for engine in engines)
        found[name] = (first, second)
    return found


def test_every_embedding_stays_where_it_is(embeddings: Embeddings) -> None:
    """The cosine with float32's is 0.98 and more for every face of the sample photos."""
    cosines = [float(first @ second) for first, second in embeddings.values()]
    assert len(cosines) >= 13
    assert min(cosines) >= 0.98
    assert np.mean(cosines) <= 0.9999  # it is another arithmetic


def test_similarities_stay_as_they_are(embeddings: Embeddings) -> None:
    """Between any two photos the similarity moves by 0.03 at most: far less than between the
    thresholds of two false match rates a decade apart.
    """
    exact, rough = (np.stack([pair[side] for pair in embeddings.values()]) for side in (0, 1))
    assert np.abs(exact @ exact.T - rough @ rough.T).max() <= 0.03


def test_faces_stay_recognizable(
    engines: tuple[OnnxFaceEngine, OnnxFaceEngine], photos: dict[str, Pixels]
) -> None:
    """The lengths of the vectors, which recognizability is told by, move by 6 % at most."""
    for name, pixels in photos.items():
        photo = Photo.from_pixels(pixels)
        lengths = [
            np.array(engine.recognize(photo, engine.detect(photo)[0]).lengths) for engine in engines
        ]
        assert lengths[1] == pytest.approx(lengths[0], rel=0.06), name


def test_the_two_precisions_have_galleries_of_their_own(
    engines: tuple[OnnxFaceEngine, OnnxFaceEngine],
) -> None:
    """Their embeddings differ, so their digests do."""
    exact, rough = engines
    assert exact.info.recognizer != rough.info.recognizer


def test_float32_runs_the_float32_models(open_pack: Pack, sface: ModelFile) -> None:
    """ENGINE_PRECISION=float32 answers to the last bit as the float32 file does, int8 as the int8
    file does.
    """
    blob = np.full((1, 3, 112, 112), 90.0, np.float32)
    files = {
        Precision.FLOAT32: open_pack.model_bytes(sface),
        Precision.INT8: open_pack.int8_bytes(sface),
    }
    for precision, data in files.items():
        config = EngineConfig(precision=precision)
        alone = ort.InferenceSession(data, session_options(config), providers=[CPU])
        (expected,) = alone.run(None, {alone.get_inputs()[0].name: blob})
        assert np.array_equal(open_model(open_pack, sface, config).run(blob)[0], expected)
    assert files[Precision.FLOAT32] != files[Precision.INT8]


def test_a_calibration_that_ruins_the_recognizer_is_refused(
    open_pack: Pack, sface: ModelFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check when it is made is what stands between bad ranges and wrong people."""
    shutil.copy(open_pack.folder / sface.file, tmp_path)
    good = open_pack.calibration(sface)
    bad = replace(good, ranges={n: (low / 9, high / 9) for n, (low, high) in good.ranges.items()})
    spoilt = Variants(Pack(tmp_path, open_pack.manifest))
    monkeypatch.setattr(Pack, "calibration", lambda *_: bad)
    with pytest.raises(PackError, match="cosine"):
        spoilt.int8(sface)
