"""The default pack on real photos: YuNet, landmarks placed twice, two recognizers in one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.studies.faces import detector_of, features_of
from facesvc.domain.face_selection import Frame, best
from facesvc.domain.faces import BoundingBox, DetectedFace
from facesvc.domain.photo import Photo
from facesvc.engine.config import EngineConfig
from facesvc.engine.detection import Detector
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.engine.sessions import OpenModel, open_model
from facesvc.engine.view import AS_FOUND, FaceView, Placement, view_of
from facesvc.models.builtin import BUILT_IN, OPEN
from facesvc.models.load import load_pack
from facesvc.models.manifest import Role
from tests.integration.engine.conftest import MODEL_ROOT, Pixels, ReadSample

PEOPLE = {
    "barack_obama": ("1.jpg", "2.jpg", "3.jpg", "4.jpg"),
    "jacinda_ardern": ("1.jpg", "2.jpg"),
    "emmanuel_macron": ("1.jpg", "2.jpg"),
    "joe_biden": ("1.jpg",),
    "rishi_sunak": ("1.jpg",),
}


def first_face(engine: OnnxFaceEngine, pixels: Pixels) -> tuple[Photo, DetectedFace]:
    """Return the photo with its most confident face."""
    photo = Photo.from_pixels(pixels)
    return photo, engine.detect(photo)[0]


@pytest.fixture(scope="module", params=["open", "compact"])
def joined_engine(request: pytest.FixtureRequest) -> OnnxFaceEngine:
    """Each pack with both recognizers, as it serves."""
    return build_engine(load_pack(request.param, MODEL_ROOT), EngineConfig())


def test_the_faces_are_those_that_scrfd_finds(
    open_engine: OnnxFaceEngine, real_engine: OnnxFaceEngine, read_sample: ReadSample
) -> None:
    """The same six people, their eyes, noses and mouths at the same places, left and right as
    they are.
    """
    photo = Photo.from_pixels(read_sample("group.jpg"))
    found, expected = open_engine.detect(photo), real_engine.detect(photo)
    assert len(found) == len(expected) == 6
    for face in expected:
        near = min(found, key=lambda other: abs(other.box.x1 - face.box.x1))
        eyes = float(np.linalg.norm(face.landmarks[0] - face.landmarks[1]))
        assert np.linalg.norm(near.landmarks - face.landmarks, axis=1).max() < 0.45 * eyes
        assert 0.6 < near.box.area / face.box.area < 1.6


@pytest.mark.parametrize("name", ["group.jpg", "barack_obama/3.jpg", "joe_biden/1.jpg"])
def test_opencvs_own_yunet_places_faces_at_the_same_pixels(
    read_sample: ReadSample, name: str
) -> None:
    """Another implementation of the same file: weights, preprocessing and decoding agree."""
    pixels = read_sample(name)
    scale = 640 / max(pixels.shape[:2])
    height, width = (round(side * scale) // 32 * 32 for side in pixels.shape[:2])
    small = cv2.resize(pixels, (width, height))  # both take it without padding
    pack = load_pack("open", MODEL_ROOT)
    file = str(pack.folder / OPEN.with_role(Role.DETECTOR)[0].file)
    reference = cv2.FaceDetectorYN.create(file, "", (width, height), 0.5, 0.3, 5000)
    expected = np.asarray(reference.detect(small)[1], np.float32)
    config = EngineConfig(tight_canvas=False)
    detector = Detector(open_model(pack, OPEN.with_role(Role.DETECTOR)[0], config), config)
    boxes, landmarks = detector.detect(small)
    assert len(boxes) == len(expected)
    for box, points, row in zip(boxes, landmarks, by_box(expected, boxes), strict=True):
        np.testing.assert_allclose(box[:2], row[:2], atol=1.0)
        np.testing.assert_allclose(box[2:4] - box[:2], row[2:4], atol=1.5)
        np.testing.assert_allclose(points.reshape(-1), row[4:14], atol=1.0)
        assert box[4] == pytest.approx(row[14], abs=0.02)


def by_box(rows: NDArray[np.float32], boxes: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return OpenCV's row for each box: whose left upper corner is nearest."""
    return [min(rows, key=lambda row: float(np.abs(row[:2] - box[:2]).sum())) for box in boxes]


def test_people_are_told_apart(joined_engine: OnnxFaceEngine, read_sample: ReadSample) -> None:
    """All pairs of the ten portraits of five people, at the default threshold and far from it."""
    found = [
        (person, joined_engine.embed(*first_face(joined_engine, read_sample(f"{person}/{file}"))))
        for person, files in PEOPLE.items()
        for file in files
    ]
    for number, (person, embedding) in enumerate(found):
        assert embedding.shape == (512,)
        for other, another in found[:number]:
            similarity = float(embedding @ another)
            assert similarity > 0.5 if person == other else similarity < 0.3


def test_the_projection_keeps_the_weighted_cosine_of_the_models(
    joined_engine: OnnxFaceEngine, read_sample: ReadSample
) -> None:
    """640 numbers became 384, and no pair of photos moved by a thousandth."""
    features = features_of(BUILT_IN[joined_engine.info.name], MODEL_ROOT)
    whole, embedded = [], []
    for name in ("barack_obama/1.jpg", "barack_obama/2.jpg", "joe_biden/1.jpg"):
        photo, face = first_face(joined_engine, read_sample(name))
        whole.append(features.of(view_of(photo, face).aligned_exactly())[0])
        template = joined_engine.recognize(photo, face)
        embedded.append(template.embedding)
        assert len(template.lengths) == 2
    np.testing.assert_allclose(
        np.stack(embedded) @ np.stack(embedded).T, np.stack(whole) @ np.stack(whole).T, atol=1e-3
    )


def test_rough_landmarks_give_almost_the_same_embedding(read_sample: ReadSample) -> None:
    """The second look makes good what the first one missed by an eighth of the eyes' distance."""
    photo = Photo.from_pixels(read_sample("jacinda_ardern/1.jpg"))
    detector, place = detector_of(OPEN, MODEL_ROOT)
    boxes, landmarks = detector.detect(photo.pixels)
    box, features = BoundingBox(*map(float, boxes[0][:4])), features_of(OPEN, MODEL_ROOT)
    eyes = float(np.linalg.norm(landmarks[0][0] - landmarks[0][1]))
    off = np.array([[1, 0], [0, 1], [-1, 0], [1, 1], [0, -1]], np.float32) * 0.125 * eyes

    def similarity(place: Placement) -> float:
        exact, rough = (
            features.of(FaceView(photo, box, points, place).aligned_exactly())[0]
            for points in (landmarks[0], landmarks[0] + off)
        )
        return float(exact @ rough)

    assert similarity(place) > 0.98
    assert similarity(AS_FOUND) < 0.96


def test_a_leaning_face_is_seen_to_lean(
    open_engine: OnnxFaceEngine, read_sample: ReadSample
) -> None:
    """YuNet alone says of a head that leans by 30 degrees that it leans by a few."""
    upright = read_sample("jacinda_ardern/1.jpg")
    height, width = upright.shape[:2]
    photo, face = first_face(open_engine, upright)
    roll, embedding = (
        open_engine.assess_quality(photo, face).pose_roll,
        open_engine.embed(photo, face),
    )
    for angle in (-30, 20, 30):
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 0.7)
        leaning, found = first_face(open_engine, cv2.warpAffine(upright, turn, (width, height)))
        leans = open_engine.assess_quality(leaning, found).pose_roll - roll
        assert leans == pytest.approx(angle, abs=4)
        assert float(open_engine.embed(leaning, found) @ embedding) > 0.9


def count_runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets the file and the input's width of every model that is run."""
    runs: list[str] = []
    run = OpenModel.run

    def counted(model: OpenModel, blob: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        runs.append(f"{model.spec.file} {blob.shape[3]}")
        return run(model, blob)

    monkeypatch.setattr(OpenModel, "run", counted)
    return runs


def test_a_face_is_chosen_with_fewer_looks_than_faces(
    open_engine: OnnxFaceEngine, read_sample: ReadSample, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Landmarks are placed again where the choice depends on them, the pose is measured once a
    face; what is chosen, and what is answered of it, is what it is when all are measured.
    """
    runs = count_runs(monkeypatch)
    photo = Photo.from_pixels(read_sample("group.jpg"))
    frame = Frame(photo.width, photo.height)
    faces = open_engine.detect(photo)
    assert runs == ["yunet.onnx 640"]
    boxes = [face.box for face in faces]
    chosen = best(open_engine.compare_qualities(photo, faces), boxes, frame)
    quality = open_engine.assess_quality(photo, faces[chosen])
    assert runs.count("fr_pose.onnx 224") == 6
    looks = runs.count("yunet.onnx 256")

    runs.clear()
    again = open_engine.detect(photo)
    everything = [open_engine.assess_quality(photo, face) for face in again]
    assert everything[chosen] == quality
    assert best(everything, boxes, frame) == chosen
    np.testing.assert_array_equal(again[chosen].landmarks, faces[chosen].landmarks)
    assert looks < runs.count("yunet.onnx 256")


def test_a_bystander_costs_no_model(
    open_engine: OnnxFaceEngine, read_sample: ReadSample, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a portrait a face that is too small to be meant is only found."""
    portrait = read_sample("barack_obama/1.jpg")
    pixels = cv2.copyMakeBorder(portrait, 0, 0, 0, 200, cv2.BORDER_REPLICATE)
    pixels[20:220, -180:-20] = cv2.resize(read_sample("joe_biden/1.jpg"), (160, 200))
    photo = Photo.from_pixels(np.asarray(pixels, np.uint8))
    faces = open_engine.detect(photo)
    assert len(faces) == 2
    runs = count_runs(monkeypatch)
    qualities = open_engine.compare_qualities(photo, faces)
    assert runs == ["fr_pose.onnx 224"]
    assert sum(quality.score > 0 for quality in qualities) == 1
