"""Finding faces in real photos."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facesvc.application.call import Call
from facesvc.application.find_faces import FaceFinder
from facesvc.domain.photo import Photo
from facesvc.engine.config import EngineConfig
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.models.pack import Pack
from tests.integration.engine.conftest import Pixels, ReadSample

PORTRAITS = [
    "barack_obama/1.jpg",
    "barack_obama/2.jpg",
    "barack_obama/3.jpg",
    "barack_obama/4.jpg",
    "barack_obama/left_half.jpg",
    "barack_obama/right_half.jpg",
    "emmanuel_macron/1.jpg",
    "emmanuel_macron/2.jpg",
    "jacinda_ardern/1.jpg",
    "jacinda_ardern/2.jpg",
    "joe_biden/1.jpg",
    "rishi_sunak/1.jpg",
]


def turned(pixels: Pixels, angle_deg: float) -> Pixels:
    """Turn clockwise about the middle."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -angle_deg, 1.0)
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height)), np.uint8)


def test_six_faces_on_the_group_photo(real_engine: OnnxFaceEngine, read_sample: ReadSample) -> None:
    """All six are found, most confident first, each with eyes above its mouth."""
    faces = real_engine.detect(Photo.from_pixels(read_sample("group.jpg")))
    assert len(faces) == 6
    confidences = [face.confidence for face in faces]
    assert confidences == sorted(confidences, reverse=True)
    assert min(confidences) > 0.8
    for face in faces:
        assert face.landmarks.shape == (5, 2)
        assert face.landmarks.dtype == np.float32
        assert face.landmarks[:2, 1].max() < face.landmarks[3:, 1].min()


@pytest.mark.parametrize("name", PORTRAITS)
def test_one_face_on_each_portrait(
    real_engine: OnnxFaceEngine, read_sample: ReadSample, name: str
) -> None:
    """Portraits have one face, also when half of it is outside the photo."""
    assert len(real_engine.detect(Photo.from_pixels(read_sample(name)))) == 1


@pytest.mark.parametrize("size", [320, 480, 960, 1280])
def test_the_detector_serves_other_sizes(
    compact_pack: Pack, real_engine: OnnxFaceEngine, read_sample: ReadSample, size: int
) -> None:
    """A pack exported for 640 finds the same six faces at other sizes."""
    photo = Photo.from_pixels(read_sample("group.jpg"))
    engine = build_engine(compact_pack, EngineConfig(detection_size=size))
    faces = {round(face.box.x1 / 40): face for face in engine.detect(photo)}
    assert len(faces) == 6
    for face in real_engine.detect(photo):
        nearest = min(faces.values(), key=lambda other: abs(other.box.x1 - face.box.x1))
        eye_distance = float(np.linalg.norm(face.landmarks[0] - face.landmarks[1]))
        moved = np.linalg.norm(nearest.landmarks - face.landmarks, axis=1)
        assert moved.max() < 0.35 * eye_distance  # at 320 a turned head's nose moves that far


def test_the_smallest_size_finds_a_large_face(compact_pack: Pack, read_sample: ReadSample) -> None:
    """128 is coarse but not broken."""
    engine = build_engine(compact_pack, EngineConfig(detection_size=128))
    assert len(engine.detect(Photo.from_pixels(read_sample("emmanuel_macron/2.jpg")))) == 1


def test_a_photo_without_a_face_has_none(real_engine: OnnxFaceEngine) -> None:
    """Neither noise nor a plain surface is a face."""
    noise = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
    for pixels in (noise, np.full((480, 640, 3), 127, np.uint8)):
        assert real_engine.detect(Photo.from_pixels(pixels)) == []


@pytest.mark.parametrize("shape", [(1, 2000), (2000, 1), (1, 1), (20, 12000), (3, 641), (16, 16)])
def test_thin_and_tiny_photos_are_survived(
    real_engine: OnnxFaceEngine, shape: tuple[int, int]
) -> None:
    """InsightFace's letterbox would raise on a photo thinner than one pixel after scaling."""
    assert real_engine.detect(Photo.from_pixels(np.full((*shape, 3), 90, np.uint8))) == []


def test_a_face_in_a_thin_photo_keeps_its_place(
    real_engine: OnnxFaceEngine, read_sample: ReadSample
) -> None:
    """The padding of a thin photo moves no coordinate."""
    portrait = cv2.resize(read_sample("jacinda_ardern/1.jpg"), (159, 200))
    strip = np.zeros((200, 4200, 3), np.uint8)
    strip[:, 2000:2159] = portrait
    faces = real_engine.detect(Photo.from_pixels(strip))
    assert len(faces) <= 1  # at 640 the face is 9 px wide: finding it is luck
    near = np.ascontiguousarray(strip[:, 1600:2600])
    face = real_engine.detect(Photo.from_pixels(near))[0]
    alone = real_engine.detect(Photo.from_pixels(portrait))[0]
    assert face.box.x1 - 400 == pytest.approx(alone.box.x1, abs=6)
    assert face.box.y1 == pytest.approx(alone.box.y1, abs=6)


@pytest.mark.parametrize("name", ["emmanuel_macron/2.jpg", "rishi_sunak/1.jpg", "joe_biden/1.jpg"])
@pytest.mark.parametrize("margin", [0.0, 0.1, 0.3])
def test_a_tight_crop_is_found_and_keeps_its_coordinates(
    real_engine: OnnxFaceEngine, read_sample: ReadSample, name: str, margin: float
) -> None:
    """A face that fills its photo is found, where it is, by the second look within a margin."""
    pixels = read_sample(name)
    face = real_engine.detect(Photo.from_pixels(pixels))[0]
    left = max(0, int(face.box.x1 - margin * face.box.width))
    top = max(0, int(face.box.y1 - margin * face.box.height))
    right = int(face.box.x2 + margin * face.box.width)
    bottom = int(face.box.y2 + margin * face.box.height)
    crop = np.ascontiguousarray(pixels[top:bottom, left:right])
    found = FaceFinder(real_engine).find(Photo.from_pixels(crop), Call())
    assert len(found) == 1
    moved = np.linalg.norm(found[0].landmarks + np.float32([left, top]) - face.landmarks, axis=1)
    assert moved.max() < 0.2 * np.linalg.norm(face.landmarks[0] - face.landmarks[1])


@pytest.mark.parametrize("angle_deg", [-60, -30, 30, 60])
def test_a_turned_face_is_found_with_its_roll(
    real_engine: OnnxFaceEngine, read_sample: ReadSample, angle_deg: float
) -> None:
    """Roll is positive clockwise and follows the picture."""
    pixels = read_sample("emmanuel_macron/2.jpg")
    square = cv2.copyMakeBorder(pixels, 200, 200, 300, 300, cv2.BORDER_REPLICATE)

    def roll(of: Pixels) -> float:
        photo = Photo.from_pixels(of)
        return real_engine.assess_quality(photo, real_engine.detect(photo)[0]).pose_roll

    upright = roll(np.asarray(square, np.uint8))
    assert roll(turned(np.asarray(square, np.uint8), angle_deg)) == pytest.approx(
        upright + angle_deg, abs=6
    )
