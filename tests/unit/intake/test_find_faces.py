"""The second looks: when they happen, what they cost, and that coordinates come back right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.application.find_faces import FaceFinder, RotationRetry
from facesvc.domain.errors import CallEndedError
from facesvc.domain.faces import BoundingBox, DetectedFace
from facesvc.domain.photo import Photo

Pixels = NDArray[np.uint8]
MARKS = (10, 50, 90, 170, 210)  # the blue values that stand for the five landmarks


def face_at(pixels: Pixels, x: int, y: int, size: int = 40) -> list[tuple[int, int]]:
    """Draw five marks, each 9 pixels square to outlast thinning; return their points."""
    points = [(x, y), (x + size, y), (x + size // 2, y + 20), (x + 5, y + size), (x + 35, y + size)]
    for value, (left, top) in zip(MARKS, points, strict=True):
        pixels[top - 4 : top + 5, left - 4 : left + 5] = (value, 0, 255)
    return points


@dataclass
class MarkReader:
    """An engine that finds drawn faces in the frames that ``sees`` lets through."""

    sees: Callable[[Pixels, DetectedFace], bool]
    shapes: list[tuple[int, ...]] = field(default_factory=list)

    def detect(self, photo: Photo) -> list[DetectedFace]:
        self.shapes.append(photo.pixels.shape[:2])
        marks = [
            np.argwhere((photo.pixels == (value, 0, 255)).all(axis=2)).mean(axis=0)[::-1]
            for value in MARKS
            if (photo.pixels == (value, 0, 255)).all(axis=2).any()
        ]
        if len(marks) < len(MARKS):
            return []
        landmarks = np.array(marks, np.float32) / photo.scale
        (x1, y1), (x2, y2) = landmarks.min(axis=0), landmarks.max(axis=0)
        face = DetectedFace(BoundingBox(x1, y1, x2, y2), 0.9, landmarks)
        return [face] if self.sees(photo.pixels, face) else []


def finder(sees: Callable[[Pixels, DetectedFace], bool], **options: RotationRetry) -> FaceFinder:
    """Return a finder over an engine that sees what it is told."""
    return FaceFinder(MarkReader(sees), detection_size=100, **options)  # type: ignore[arg-type]


def upright(_: Pixels, face: DetectedFace) -> bool:
    """Tell whether the eyes are above the mouth."""
    eyes, mouth = face.landmarks[:2, 1].mean(), face.landmarks[3:, 1].mean()
    return bool(eyes < mouth - 20)


def test_one_look_is_enough_for_a_plain_photo() -> None:
    """Where the first look finds a face, nothing else is computed."""
    pixels = np.zeros((120, 150, 3), np.uint8)
    face_at(pixels, 30, 30)
    found = finder(lambda *_: True)
    assert len(found.find(Photo.from_pixels(pixels), Call())) == 1
    assert found.engine.shapes == [(120, 150)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("height", "width", "step"), [(70, 60, 1), (350, 270, 4)])
@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_tight_crop_is_found_within_a_margin(
    height: int, width: int, step: int, scale: float
) -> None:
    """A face that fills the frame is found at half its share, and mapped back."""
    pixels = np.zeros((height, width, 3), np.uint8)
    points = face_at(pixels, 8, 8)

    def has_room(frame: Pixels, face: DetectedFace) -> bool:
        return bool(face.box.x1 > frame.shape[1] / 4) and frame.shape[0] == frame.shape[1] <= 200

    photo = Photo(pixels, round(width / scale), round(height / scale), scale)
    (face,) = finder(has_room).find(photo, Call())
    np.testing.assert_allclose(face.landmarks, np.array(points) / scale, atol=step / scale)
    assert abs(face.box.x1 - 8 / scale) <= step / scale


@pytest.mark.parametrize("corner", [(10, 10), (730, 530), (376, 278)])
def test_small_face_in_large_photo_is_found_in_a_tile(corner: tuple[int, int]) -> None:
    """Quarters of the whole photo are searched, and a face in two of them counts once."""
    pixels = np.zeros((600, 800, 3), np.uint8)
    points = face_at(pixels, *corner)
    reduced = Photo(
        pixels[::2, ::2], 800, 600, 0.5, decode_again=lambda _: Photo.from_pixels(pixels)
    )
    small = finder(lambda frame, _: frame.shape[0] == 330)
    (face,) = small.find(reduced, Call())
    np.testing.assert_allclose(face.landmarks, points, atol=0.01)
    assert len(small.engine.shapes) == 6  # type: ignore[attr-defined]


@pytest.mark.parametrize("way", [RotationRetry.ALWAYS, RotationRetry.AUTO])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turned_photo_is_found_unless_told_not_to(turns: int, way: RotationRetry) -> None:
    """ROTATION_RETRY finds faces on their side and upside down, and maps them back."""
    pixels = np.zeros((150, 120, 3), np.uint8)
    points = np.array(face_at(pixels, 20, 30), np.float64)
    turned = np.ascontiguousarray(np.rot90(pixels, turns))
    marks = [np.argwhere((turned == (value, 0, 255)).all(axis=2)).mean(axis=0) for value in MARKS]
    assert not np.allclose(np.array(marks)[:, ::-1], points)
    photo = Photo.from_pixels(turned)
    assert finder(upright, rotation_retry=RotationRetry.OFF).find(photo, Call()) == []
    (face,) = finder(upright, rotation_retry=way).find(photo, Call())
    np.testing.assert_allclose(face.landmarks, np.array(marks)[:, ::-1], atol=0.01)
    assert face.box.width > 0
    assert face.box.height > 0


def test_photo_without_a_face_costs_a_bounded_number_of_looks() -> None:
    """Two looks at a small photo, six at a large one, three more with rotations."""
    off, auto, always = RotationRetry.OFF, RotationRetry.AUTO, RotationRetry.ALWAYS
    ways = ((150, off, 2), (250, off, 6), (250, auto, 9), (250, always, 9))
    for side, rotate, looks in ways:
        empty = finder(upright, rotation_retry=rotate)
        assert empty.find(Photo.from_pixels(np.zeros((side, side, 3), np.uint8)), Call()) == []
        assert len(empty.engine.shapes) == looks  # type: ignore[attr-defined]


@pytest.mark.parametrize(("way", "looks"), [(RotationRetry.OFF, 1), (RotationRetry.AUTO, 4)])
def test_eyes_on_a_steep_line_are_a_reason_to_turn(way: RotationRetry, looks: int) -> None:
    """A face that is found on its side costs three more looks, an upright one none."""
    pixels = np.zeros((150, 120, 3), np.uint8)
    face_at(pixels, 20, 30)
    seeing = finder(lambda *_: True, rotation_retry=way)
    seeing.find(Photo.from_pixels(np.ascontiguousarray(np.rot90(pixels))), Call())
    assert len(seeing.engine.shapes) == looks  # type: ignore[attr-defined]
    seeing.find(Photo.from_pixels(pixels), Call())
    assert len(seeing.engine.shapes) == looks + 1  # type: ignore[attr-defined]


def test_ended_call_gets_no_second_look() -> None:
    """A call that ends during the first look costs no other."""
    call = Call()

    def end(*_: object) -> bool:
        call.cancel()
        return False

    pixels = np.zeros((150, 150, 3), np.uint8)
    face_at(pixels, 30, 30)
    ending = finder(end)
    with pytest.raises(CallEndedError):
        ending.find(Photo.from_pixels(pixels), call)
    assert len(ending.engine.shapes) == 1  # type: ignore[attr-defined]
