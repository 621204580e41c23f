"""Anti-spoofing models of every supported shape, in packs of tiny models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from facesvc.domain.faces import BoundingBox, DetectedFace
from facesvc.domain.liveness import LivenessReason
from facesvc.domain.photo import Photo
from facesvc.domain.rejection import not_live
from facesvc.engine.config import EngineConfig
from facesvc.engine.crops import cut, to_blob
from facesvc.engine.engine import build_engine
from facesvc.engine.liveness import HEURISTICS_THRESHOLD
from facesvc.engine.view import FaceView
from facesvc.models.builtin import COMPACT_SINGLE
from facesvc.models.checksum import sha256_of
from facesvc.models.manifest import MANIFEST_FILE, Manifest, ModelFile, Role
from facesvc.models.manifest_json import write_manifest
from facesvc.models_build.prepare import prepare
from tests.unit.engine.tiny_models import constant, save, write_buffalo_l

PHOTO = Photo.from_pixels(np.full((300, 300, 3), 90, np.uint8))
LANDMARKS = np.array([[120, 130], [180, 130], [150, 160], [128, 190], [172, 190]], np.float32)
FACE = DetectedFace(BoundingBox(100, 90, 200, 220), 0.9, LANDMARKS)
FR_LIVENESS = COMPACT_SINGLE.with_role(Role.LIVENESS)[0]


def logits(real: float, index: int, side: int) -> onnx.ModelProto:
    """Return a model of three classes whose softmax at ``index`` is ``real``."""
    shares = np.full(3, (1 - real) / 2)
    shares[index] = real
    return constant(side, np.log(shares))


def add_models(folder: Path, *models: tuple[str, onnx.ModelProto, ModelFile]) -> None:
    """Add liveness models to a pack of InsightFace's layout, by its manifest."""
    manifest = prepare(str(folder), folder.parent).manifest
    added = []
    for file, model, spec in models:
        save(folder / file, model)
        data = (folder / file).read_bytes()
        added.append(replace(spec, file=file, sha256=sha256_of(data), bytes=len(data)))
    changed = Manifest(manifest.name, manifest.licence, (*manifest.models, *added))
    write_manifest(changed, folder / MANIFEST_FILE)


def check(folder: Path) -> tuple[bool, float]:
    """Return what the pack's engine says of the plain face."""
    engine = build_engine(prepare(str(folder), folder.parent), EngineConfig())
    outcome = engine.check_liveness(PHOTO, FACE)
    assert outcome.method == "model"
    assert outcome.checks["model"] == outcome.confidence
    return outcome.is_live, outcome.confidence


@pytest.mark.parametrize(("real", "is_live"), [(0.9, True), (0.16, True), (0.14, False)])
def test_one_model_of_three_classes(tmp_path: Path, real: float, is_live: bool) -> None:
    """The manifest's index and threshold are obeyed (fr_liveness: index 0)."""
    folder = write_buffalo_l(tmp_path / "pack")
    add_models(folder, ("live.onnx", logits(real, 0, 128), FR_LIVENESS))
    found, confidence = check(folder)
    assert found == is_live
    assert confidence == pytest.approx(real, abs=1e-5)


@pytest.mark.parametrize("accept", [True, False])
def test_a_face_too_small_to_tell_is_the_operators_to_decide(tmp_path: Path, accept: bool) -> None:
    """Whatever the model says of it; its threshold may be the operator's, too."""
    folder = write_buffalo_l(tmp_path / "pack")
    add_models(folder, ("live.onnx", logits(0.6, 0, 128), FR_LIVENESS))
    config = EngineConfig(liveness_threshold=0.7, accept_small_faces=accept)
    engine = build_engine(prepare(str(folder), folder.parent), config)
    small = DetectedFace(BoundingBox(100, 90, 179, 220), 0.9, LANDMARKS)
    outcome = engine.check_liveness(PHOTO, small)
    assert (outcome.is_live, outcome.reason) == (accept, LivenessReason.TOO_SMALL_TO_TELL)
    outcome = engine.check_liveness(PHOTO, FACE)
    assert (outcome.is_live, outcome.reason, outcome.threshold) == (False, None, 0.7)


def test_two_models_answer_with_their_mean(tmp_path: Path) -> None:
    """Silent-Face's pair: crops of 2.7 and 4.0 boxes, index 1 is real."""
    folder = write_buffalo_l(tmp_path / "pack")
    v2 = replace(FR_LIVENESS, input_size=80, real_index=1)
    v1 = replace(v2, crop_scale=4.0)
    add_models(folder, ("v2.onnx", logits(0.9, 1, 80), v2), ("v1.onnx", logits(0.3, 1, 80), v1))
    found, confidence = check(folder)
    assert found
    assert confidence == pytest.approx(0.6, abs=1e-5)


def addon(probability: float) -> onnx.ModelProto:
    """Return a model of the shape of InsightFace's liveness addon."""
    model = constant(80, np.array([probability]))
    model.graph.node.append(helper.make_node("Squeeze", ["fc1"], ["score"], axes=[1]))
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("score", TensorProto.FLOAT, ["None"]))
    return model


@pytest.mark.parametrize(("probability", "is_live"), [(0.85, True), (0.79, False)])
def test_insightfaces_addon_is_found_by_its_shape(
    tmp_path: Path, probability: float, is_live: bool
) -> None:
    """Dropped into a pack's folder it decides, by its own threshold of 0.8."""
    folder = write_buffalo_l(tmp_path / "pack")
    save(folder / "liveness.onnx", addon(probability))
    found, confidence = check(folder)
    assert found == is_live
    assert confidence == pytest.approx(probability, abs=1e-5)


def test_a_rejection_tells_the_threshold_that_decided(tmp_path: Path) -> None:
    """A pack's own threshold of 0.8, and the heuristics' where the pack has no model."""
    folder = write_buffalo_l(tmp_path / "pack")
    save(folder / "liveness.onnx", addon(0.79))
    engine = build_engine(prepare(str(folder), tmp_path), EngineConfig())
    rejection = not_live(engine.check_liveness(PHOTO, FACE))
    assert (rejection.measured, rejection.limit) == pytest.approx((0.79, 0.8))
    plain = write_buffalo_l(tmp_path / "plain")
    engine = build_engine(prepare(str(plain), tmp_path), EngineConfig())
    assert engine.check_liveness(PHOTO, FACE).threshold == HEURISTICS_THRESHOLD


def test_the_addon_refuses_a_face_that_is_mostly_outside(tmp_path: Path) -> None:
    """Where the crop holds no face nothing shows that it is real."""
    folder = write_buffalo_l(tmp_path / "pack")
    save(folder / "liveness.onnx", addon(0.99))
    engine = build_engine(prepare(str(folder), tmp_path), EngineConfig())
    outside = replace(FACE, landmarks=LANDMARKS - np.float32([170, 0]))
    outcome = engine.check_liveness(PHOTO, outside)
    assert not outcome.is_live
    assert outcome.confidence == 0.0


def ramp() -> NDArray[np.uint8]:
    """Return a photo whose blue says x and whose green says y."""
    y, x = np.mgrid[:256, :256]
    return np.stack([x, y, np.zeros_like(x)], axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    ("box", "left", "right"),
    [
        (BoundingBox(108, 108, 148, 148), 74, 182),  # inside: 2.7 boxes about the centre
        (BoundingBox(0, 108, 40, 148), 0, 108),  # at the edge: moved inside, not clipped
        (BoundingBox(216, 108, 256, 148), 147, 255),
        (BoundingBox(28, 28, 228, 228), 0, 255),  # too large for 2.7: what the photo allows
    ],
)
def test_the_enlarged_box_is_kept_inside_the_photo(box: BoundingBox, left: int, right: int) -> None:
    """The crop covers what Silent-Face's rule says."""
    view = FaceView(Photo.from_pixels(ramp()), box, LANDMARKS)
    crop = cut(view, FR_LIVENESS)
    assert crop.shape == (128, 128, 3)
    assert int(crop[64, 0, 0]) == pytest.approx(left, abs=2)
    assert int(crop[64, -1, 0]) == pytest.approx(right, abs=2)


def test_a_blob_has_the_order_and_range_of_its_manifest() -> None:
    """BGR stays as it is, RGB is turned; (x - mean) / std per channel of that order."""
    crop = np.zeros((4, 4, 3), np.uint8)
    crop[:] = (10, 20, 30)
    bgr = to_blob(crop, FR_LIVENESS)
    assert bgr.shape == (1, 3, 4, 4)
    assert bgr[0, :, 0, 0].tolist() == [10, 20, 30]
    rgb = to_blob(crop, replace(FR_LIVENESS, channel_order="RGB", mean=(10, 0, 0), std=(2, 1, 1)))
    assert rgb[0, :, 0, 0].tolist() == [10, 20, 10]


def test_a_box_outside_the_photo_gives_a_black_crop() -> None:
    """A detector's box may lie outside; no model call fails for it."""
    for spec in COMPACT_SINGLE.models:
        if spec.crop.value not in ("box", "box_inside"):
            continue
        view = FaceView(Photo.from_pixels(ramp()), BoundingBox(400, 400, 500, 500), LANDMARKS)
        assert cut(view, spec).shape == (spec.input_size, spec.input_size, 3)


def test_heuristics_that_decide_see_the_whole_photo(tmp_path: Path) -> None:
    """A reduced decode has lost the pattern that they look for."""
    folder = write_buffalo_l(tmp_path / "pack")
    engine = build_engine(prepare(str(folder), tmp_path), EngineConfig())
    random = np.random.default_rng(5)
    pixels = random.normal(128, 12, (1024, 1024, 3))
    pixels += 40 * np.sin(2 * np.pi * np.arange(1024) / 3)[:, None, None]
    full = Photo.from_pixels(np.clip(pixels, 0, 255).astype(np.uint8))
    quarter = np.full((256, 256, 3), 128, np.uint8)
    reduced = Photo(quarter, 1024, 1024, 0.25, lambda _: full)
    face = DetectedFace(BoundingBox(200, 200, 800, 800), 0.9, LANDMARKS * 3)
    assert engine.check_liveness(reduced, face).checks["screen_pattern"] == 0.0
