"""InsightFace's packs by their layout: generated models of buffalo_l's shapes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from insightface.app import FaceAnalysis
from numpy.typing import NDArray
from onnx import numpy_helper

from facesvc.domain.photo import Photo
from facesvc.engine.config import EngineConfig, EngineError
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.models.load import load_pack
from facesvc.models.manifest import Meaning, Role
from facesvc.models.pack_errors import NotPreparedError, PackError
from facesvc.models_build import insightface_download
from facesvc.models_build import prepare as preparing
from facesvc.models_build.prepare import prepare
from tests.unit.engine.tiny_models import AGE, constant, detector, save, write_buffalo_l


@pytest.fixture
def model_root(tmp_path: Path) -> Path:
    """A MODEL_ROOT with a buffalo_l whose head looks 20 to the right and 10 up."""
    write_buffalo_l(tmp_path / "buffalo_l", yaw_right_deg=20.0, pitch_up_deg=10.0)
    return tmp_path


@pytest.fixture
def engine(model_root: Path) -> OnnxFaceEngine:
    """An engine of that pack."""
    return build_engine(prepare("buffalo_l", model_root), EngineConfig())


def two_squares() -> NDArray[np.uint8]:
    """Return a dark photo with two bright squares, one brighter."""
    pixels = np.random.default_rng(3).integers(0, 30, (640, 640, 3), np.uint8)
    pixels[192:224, 128:160] = 255
    pixels[384:416, 448:480] = 180
    return pixels


def test_every_role_is_found_by_shape(model_root: Path) -> None:
    """The five files get their roles, whatever their names."""
    folder = model_root / "buffalo_l"
    for number, path in enumerate(sorted(folder.glob("*.onnx"))):
        path.rename(folder / f"model_{number}.onnx")
    manifest = prepare("buffalo_l", model_root).manifest
    found = {model.output: model.roles for model in manifest.models}
    assert found == {
        Meaning.SCRFD: (Role.DETECTOR,),
        Meaning.EMBEDDING: (Role.RECOGNIZER,),
        Meaning.GENDER_AGE: (Role.AGE, Role.GENDER),
        Meaning.POINTS: (Role.LANDMARKS,),
        Meaning.LANDMARKS_3D: (Role.POSE,),
    }
    assert "non-commercial" in manifest.licence
    assert all(model.channel_order == "RGB" for model in manifest.models)


def test_the_engine_answers_every_call_as_insightface_does(
    engine: OnnxFaceEngine, model_root: Path
) -> None:
    """FaceAnalysis on the same folder gives the same boxes, landmarks, embeddings and ages."""
    pixels = two_squares()
    analysis = FaceAnalysis(str(model_root / "buffalo_l"), providers=["CPUExecutionProvider"])
    analysis.prepare(-1, det_size=(640, 640))
    expected = analysis.get(pixels)
    photo = Photo.from_pixels(pixels)
    faces = engine.detect(photo)
    assert len(faces) == len(expected) == 2
    for face, other in zip(faces, expected, strict=True):
        box = (face.box.x1, face.box.y1, face.box.x2, face.box.y2)
        np.testing.assert_array_equal(np.float32(box), other.bbox)
        np.testing.assert_array_equal(face.landmarks, other.kps)
        assert face.confidence == other.det_score
        assert engine.embed(photo, face) @ other.normed_embedding == pytest.approx(1, abs=1e-6)
        attributes = engine.estimate_attributes(photo, face)
        assert (attributes.age, attributes.gender) == (other.age, other.sex) == (AGE, "M")
        quality = engine.assess_quality(photo, face)
        pitch, yaw, _ = other.pose
        assert (quality.pose_pitch, quality.pose_yaw) == pytest.approx((pitch, -yaw), abs=1e-4)


def test_the_pose_of_the_landmark_model_has_the_documented_signs(engine: OnnxFaceEngine) -> None:
    """A head that looks right and up has a negative yaw and a positive pitch."""
    photo = Photo.from_pixels(two_squares())
    quality = engine.assess_quality(photo, engine.detect(photo)[0])
    assert quality.pose_yaw == pytest.approx(-20, abs=1)
    assert quality.pose_pitch == pytest.approx(10, abs=1)


def test_without_a_liveness_model_the_heuristics_answer(engine: OnnxFaceEngine) -> None:
    """InsightFace's packs carry no anti-spoofing model, and the answer says so."""
    photo = Photo.from_pixels(two_squares())
    assert engine.check_liveness(photo, engine.detect(photo)[0]).method == "heuristics"


def test_first_use_pins_every_file(model_root: Path) -> None:
    """What was found at first is what must be there from then on."""
    prepare("buffalo_l", model_root)
    path = model_root / "buffalo_l" / "w600k_r50.onnx"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(PackError, match=r"w600k_r50.onnx: SHA-256"):
        load_pack("buffalo_l", model_root)


def test_a_pack_without_extras_serves_detection_and_embedding(model_root: Path) -> None:
    """buffalo_sc holds two files: the pose then comes from the landmarks, the age is unknown."""
    folder = model_root / "buffalo_l"
    small = model_root / "buffalo_sc"
    small.mkdir()
    for name in ("det_10g.onnx", "w600k_r50.onnx"):
        shutil.copy(folder / name, small / name)
    engine = build_engine(prepare("buffalo_sc", model_root), EngineConfig())
    photo = Photo.from_pixels(two_squares())
    face = engine.detect(photo)[0]
    assert engine.estimate_attributes(photo, face).gender == ""
    assert engine.assess_quality(photo, face).is_frontal


@pytest.mark.parametrize("missing", ["det_10g.onnx", "w600k_r50.onnx"])
def test_a_missing_role_is_named(model_root: Path, missing: str) -> None:
    """A folder without detector or recognizer is no pack."""
    (model_root / "buffalo_l" / missing).unlink()
    with pytest.raises(PackError, match="one model with the role"):
        prepare("buffalo_l", model_root)


def test_a_truncated_download_is_named(model_root: Path) -> None:
    """A file that is no model ends the start before anything is pinned."""
    path = model_root / "buffalo_l" / "1k3d68.onnx"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(PackError, match=r"1k3d68.onnx: is no ONNX model"):
        prepare("buffalo_l", model_root)
    assert not (model_root / "buffalo_l" / "manifest.json").exists()


def test_a_recognizer_of_another_width_is_no_recognizer(model_root: Path) -> None:
    """Embeddings have 512 numbers everywhere in the service."""
    save(model_root / "buffalo_l" / "w600k_r50.onnx", constant(112, np.zeros(256)))
    with pytest.raises(PackError, match="one model with the role recognizer"):
        prepare("buffalo_l", model_root)


def test_a_model_that_cannot_run_ends_the_start(model_root: Path) -> None:
    """Every model runs once before the service says that it is up."""
    broken = constant(192, np.zeros(3309))
    broken.graph.initializer[0].CopyFrom(
        numpy_helper.from_array(np.zeros((4, 3309), np.float32), "zero")
    )
    (model_root / "buffalo_l" / "1k3d68.onnx").write_bytes(broken.SerializeToString())
    with pytest.raises((PackError, EngineError), match=r"1k3d68|does not run"):
        build_engine(prepare("buffalo_l", model_root), EngineConfig())


@pytest.mark.parametrize(("size", "box_px"), [(320, 256), (640, 128), (1280, 64)])
def test_a_detector_of_a_fixed_size_is_freed(model_root: Path, size: int, box_px: int) -> None:
    """Packs exported for one size serve every DETECTION_SIZE: the tiny detector's boxes are
    128 px wide in its own input, whatever that is.
    """
    fixed = detector()
    for axis in (2, 3):
        fixed.graph.input[0].type.tensor_type.shape.dim[axis].dim_value = 640
    save(model_root / "buffalo_l" / "det_10g.onnx", fixed)
    engine = build_engine(prepare("buffalo_l", model_root), EngineConfig(detection_size=size))
    face = engine.detect(Photo.from_pixels(two_squares()))[0]
    assert face.box.width == pytest.approx(box_px)


def test_a_read_only_folder_is_prepared_elsewhere(model_root: Path, tmp_path: Path) -> None:
    """Nothing is written into it; manifest and variants are found in the other folder."""
    folder, elsewhere = model_root / "buffalo_l", tmp_path / "elsewhere"
    before = sorted(folder.iterdir())
    elsewhere.mkdir()
    prepare("buffalo_l", model_root, int8=False, elsewhere=elsewhere)
    assert sorted(folder.iterdir()) == before
    engine = build_engine(load_pack("buffalo_l", model_root, elsewhere), EngineConfig())
    assert engine.info.name == "buffalo_l"


def test_a_folder_that_cannot_be_written_is_named(
    model_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Preparing it says so, and how it can be done all the same is the caller's to know."""

    def refuse(*_: object) -> None:  # root, as which tests may run, ignores permissions
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(preparing, "write_manifest", refuse)
    with pytest.raises(PackError, match=r"buffalo_l cannot be written: Permission denied"):
        prepare("buffalo_l", model_root)


def test_serving_a_pack_that_was_never_prepared_says_what_to_run(model_root: Path) -> None:
    """Serving makes nothing: no manifest, no variant."""
    folder = model_root / "buffalo_l"
    command = f"python -m facesvc.models_build prepare {folder}"
    with pytest.raises(NotPreparedError, match=f"manifest.json. Run `{command}`"):
        load_pack("buffalo_l", model_root)
    prepare("buffalo_l", model_root)
    (folder / "prepared" / "manifest.json").unlink()
    with pytest.raises(NotPreparedError, match=f"det_10g.float32.onnx. Run `{command}`"):
        build_engine(load_pack("buffalo_l", model_root), EngineConfig())


def test_a_missing_pack_is_downloaded_by_insightface(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder appears whole, also from an archive with a folder in a folder."""
    write_buffalo_l(tmp_path / "made")
    script = (
        "import shutil, sys; "
        f"shutil.copytree({str(tmp_path / 'made')!r}, "
        "sys.argv[2] + '/models/antelopev2/antelopev2')"
    )
    monkeypatch.setattr(insightface_download, "_DOWNLOAD", script)
    pack = prepare("antelopev2", tmp_path / "root")
    assert pack.folder == tmp_path / "root" / "antelopev2"
    assert [path.name for path in (tmp_path / "root").iterdir()] == ["antelopev2"]


def test_a_pack_that_another_process_brought_meanwhile_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two replicas that start on one empty MODEL_ROOT both come up."""
    write_buffalo_l(tmp_path / "made")
    root, made = tmp_path / "root", str(tmp_path / "made")
    script = (
        "import shutil, sys; "
        f"shutil.copytree({made!r}, {str(root / 'buffalo_l')!r}); "
        f"shutil.copytree({made!r}, sys.argv[2] + '/models/buffalo_l')"
    )
    monkeypatch.setattr(insightface_download, "_DOWNLOAD", script)
    assert prepare("buffalo_l", root).manifest.name == "buffalo_l"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("raise SystemExit('no route to host')", "no route to host"),
        ("import time; time.sleep(30)", "took longer than"),
    ],
)
def test_a_failed_download_names_the_two_ways_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, reason: str
) -> None:
    """Nothing half downloaded stays, and the operator learns what to do."""
    monkeypatch.setattr(insightface_download, "_DOWNLOAD", script)
    with pytest.raises(PackError) as caught:
        insightface_download.download("buffalo_l", tmp_path, timeout_s=1.0)
    message = str(caught.value)
    assert reason in message
    assert f"put the pack's ONNX files into {tmp_path / 'buffalo_l'}" in message
    assert "MODEL_PACK=compact" in message
    assert list(tmp_path.iterdir()) == []


def test_the_real_downloader_fails_cleanly_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """InsightFace's own code runs, is kept from the network, and its failure is explained."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")  # nobody listens on port 1
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(PackError, match="InsightFace could not download it"):
        prepare("buffalo_l", tmp_path)
    assert list(tmp_path.iterdir()) == []
