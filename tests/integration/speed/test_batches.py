"""Batches across calls with the pack's real models. They pay on a GPU; the numbers are the same
on the CPU, where this runs.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.domain.photo import Photo
from facesvc.domain.quality import Quality
from facesvc.engine.batching import BatchingSession
from facesvc.engine.config import EngineConfig, Precision
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.models.manifest import Role
from facesvc.models.pack import Pack
from facesvc.models_build.keep_variants import refuse
from facesvc.models_build.prepare import Variants

Pixels = NDArray[np.uint8]
SIZE = 320


def opened(engine: OnnxFaceEngine) -> list[object]:
    """Return the sessions that the engine's parts run."""
    recognizers = engine._recognizer._features._parts  # type: ignore[attr-defined]
    parts = [engine._detector, *recognizers, engine._pose, *engine._liveness._models]  # type: ignore[union-attr]
    return [part._model.session for part in parts]  # type: ignore[union-attr]


def numbers(quality: Quality) -> dict[str, float]:
    """Return the values of a quality that are numbers, those of the light among them."""
    values = {**vars(quality), **vars(quality.light)}
    return {name: value for name, value in values.items() if isinstance(value, int | float)}


@pytest.mark.parametrize("precision", list(Precision))
def test_a_crowd_of_calls_gets_the_numbers_of_single_calls(
    batch_pack: Pack, photos: dict[str, Pixels], precision: Precision
) -> None:
    """Every call of eight threads finds the faces, qualities and embeddings of its own photo."""
    config = EngineConfig(detection_size=SIZE, precision=precision)
    alone = build_engine(batch_pack, config)
    together = build_engine(batch_pack, replace(config, max_batch=4))
    assert all(isinstance(session, BatchingSession) for session in opened(together))
    assert together.info == alone.info  # the digest too: replicas share a gallery
    pixels = list(photos.values())

    def both(number: int) -> None:
        photo = Photo.from_pixels(pixels[number % len(pixels)])
        expected, found = alone.detect(photo), together.detect(photo)
        assert len(found) == len(expected)
        for one, other in zip(expected, found, strict=True):
            np.testing.assert_allclose(other.landmarks, one.landmarks, atol=0.01)
            assert other.confidence == pytest.approx(one.confidence, abs=1e-5)
            first, second = alone.assess_quality(photo, one), together.assess_quality(photo, other)
            assert numbers(second) == pytest.approx(numbers(first), rel=1e-3, abs=1e-3)
            assert alone.embed(photo, one) @ together.embed(photo, other) > 0.99999

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(both, range(3 * len(pixels))))


@pytest.fixture(scope="module")
def batch_pack(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """The compact pack in a folder of its own, prepared for batches."""
    folder = tmp_path_factory.mktemp("batches")
    for model in pack.manifest.models:
        shutil.copy(pack.folder / model.file, folder)
    if pack.manifest.projection is not None:
        shutil.copy(pack.folder / pack.manifest.projection.file, folder)
    own = Pack(folder, pack.manifest)
    Variants(own).make_all(int8=True, batches=True)
    return own


def test_a_model_that_takes_no_batch_runs_without(
    batch_pack: Pack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which was found out when the pack was prepared. The log says so, and everything else is
    batched all the same.
    """
    pose = batch_pack.manifest.with_role(Role.POSE)[0]
    records = batch_pack.prepared_folder / "manifest.json"
    before = records.read_text()
    refuse(batch_pack.prepared_folder, batch_pack.recipe(pose, batch=True), "cannot take batches")
    try:
        engine = build_engine(batch_pack, EngineConfig(detection_size=128, max_batch=2))
    finally:
        records.write_text(before)
    batched = [isinstance(session, BatchingSession) for session in opened(engine)]
    assert batched == [True] * (len(batched) - 2) + [False, True]  # the pose
    assert "fr_pose.onnx" in capsys.readouterr().out


def test_what_is_prepared_is_all_that_a_start_with_batches_reads(batch_pack: Pack) -> None:
    """A container's folder is read-only, and serving makes nothing; single and batched models
    are named apart, and neither replaces the other.
    """
    prepared = {path.name for path in batch_pack.prepared_folder.iterdir()}
    for precision in Precision:
        build_engine(batch_pack, EngineConfig(detection_size=128, max_batch=2, precision=precision))
    assert {path.name for path in batch_pack.prepared_folder.iterdir()} == prepared
    assert {"scrfd.float32.onnx", "scrfd.float32.batch.onnx"} <= prepared
    assert {"scrfd.int8.batch.onnx", "fr_feature.float32.batch.onnx"} <= prepared
