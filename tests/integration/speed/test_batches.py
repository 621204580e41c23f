"""Batches across calls with the pack's real models. They pay on a GPU; the numbers are the same
on the CPU, where this runs.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from facesvc.domain.photo import Photo
from facesvc.engine.batching import BatchingSession
from facesvc.engine.config import EngineConfig, Precision
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.models.pack import Pack
from facesvc.models_build import build_compact

Pixels = NDArray[np.uint8]
SIZE = 320


def opened(engine: OnnxFaceEngine) -> list[object]:
    """Return the sessions that the engine's parts run."""
    parts = [engine._detector, engine._recognizer, engine._pose, *engine._liveness._models]  # type: ignore[union-attr]
    return [part._model.session for part in parts]  # type: ignore[union-attr]


@pytest.mark.parametrize("precision", list(Precision))
def test_a_crowd_of_calls_gets_the_numbers_of_single_calls(
    pack: Pack, photos: dict[str, Pixels], precision: Precision
) -> None:
    """Every call of eight threads finds the faces, qualities and embeddings of its own photo."""
    config = EngineConfig(detection_size=SIZE, precision=precision)
    alone = build_engine(pack, config)
    together = build_engine(pack, replace(config, max_batch=4))
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
            assert vars(second) == pytest.approx(vars(first), rel=1e-3, abs=1e-3)
            assert alone.embed(photo, one) @ together.embed(photo, other) > 0.99999

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(both, range(3 * len(pixels))))


def test_a_model_that_takes_no_batch_runs_without(
    pack: Pack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log says which, and everything else is batched all the same."""
    from facesvc.models import pack as pack_module
    from facesvc.models.errors import PackError

    original = pack_module.Pack.batch_bytes

    def refuse_pose(self: Pack, model: object, *, int8: bool) -> bytes:
        if model.file == "fr_pose.onnx":  # type: ignore[attr-defined]
            raise PackError("fr_pose.onnx: cannot take batches: for a test")
        return original(self, model, int8=int8)  # type: ignore[arg-type]

    monkeypatch.setattr(pack_module.Pack, "batch_bytes", refuse_pose)
    engine = build_engine(pack, EngineConfig(detection_size=128, max_batch=2))
    batched = [isinstance(session, BatchingSession) for session in opened(engine)]
    assert batched == [True, True, False, True]
    assert "fr_pose.onnx" in capsys.readouterr().out


def test_batched_models_are_kept_beside_the_single_ones(pack: Pack) -> None:
    """Made once, named apart, and neither replaces the other."""
    build_engine(pack, EngineConfig(detection_size=128, max_batch=2))
    names = {path.name for path in Path(pack.folder, "prepared").glob("*.onnx")}
    assert {"scrfd.float32.onnx", "scrfd.float32.batch.onnx"} <= names


def test_the_gpu_build_prepares_every_batch_that_a_start_would(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container's folder is read-only: what is not prepared there is made at every start."""
    for model in pack.manifest.models:
        shutil.copy(pack.folder / model.file, tmp_path)
    gpu_build = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: gpu_build)
    own = Pack(tmp_path, pack.manifest)
    build_compact._prepare(own)
    prepared = {path.name for path in (tmp_path / "prepared").iterdir()}
    for precision in Precision:
        build_engine(own, EngineConfig(detection_size=128, max_batch=2, precision=precision))
    assert {path.name for path in (tmp_path / "prepared").iterdir()} == prepared
    assert {"scrfd.int8.batch.onnx", "fr_feature.float32.batch.onnx"} <= prepared
