"""Crops that a device aligned, of real photos, through the real models."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from facesvc.domain.aligned_crop import ALIGNED_CROP_PX
from facesvc.engine.kernels.alignment import ARCFACE_SIZE_PX, align
from facesvc.v1 import face_service_pb2 as face
from facesvc.v1 import gallery_service_pb2 as gallery
from facesvc.v1 import types_pb2 as types
from tests.integration.conftest import Live
from tests.integration.degradations import Pixels

Read = Callable[[str], bytes]
NAMES = ["barack_obama/1.jpg", "jacinda_ardern/1.jpg", "emmanuel_macron/1.jpg"]
SPOILT: dict[str, Callable[[Pixels], Pixels]] = {
    "blurred": lambda crop: np.asarray(cv2.GaussianBlur(crop, (0, 0), 6), np.uint8),
    "dark": lambda crop: np.asarray(crop * 0.06, np.uint8),
    "upside down": lambda crop: np.ascontiguousarray(crop[::-1, ::-1]),
    "negative": lambda crop: np.asarray(255 - crop, np.uint8),
    "a wall": lambda crop: np.full_like(crop, 140),
}


@pytest.fixture(scope="module")
def cut(shared_service: Live, photo: Read) -> Callable[[str], Pixels]:
    """A device that aligns by the landmarks of its own detector: here, those that were found."""

    def cut_one(name: str) -> Pixels:
        data = photo(name)
        answer = shared_service.faces.Embed(face.EmbedRequest(image=data))
        landmarks = np.array(answer.face.landmarks, np.float32).reshape(5, 2)
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        return align(np.asarray(pixels, np.uint8), landmarks)

    return cut_one


def png(crop: Pixels) -> bytes:
    """Without loss."""
    return bytes(cv2.imencode(".png", crop)[1])


def test_the_size_is_the_recognizers() -> None:
    """The domain knows no recognizer, and says the same number."""
    assert ALIGNED_CROP_PX == ARCFACE_SIZE_PX


@pytest.mark.parametrize("name", NAMES)
def test_crop_has_the_identity_of_its_photo(
    shared_service: Live, photo: Read, cut: Callable[[str], Pixels], name: str
) -> None:
    """Nearly the same embedding: of the photo the service placed the landmarks once more."""
    request = face.CompareRequest(
        image_1=photo(name), image_2=png(cut(name)), input_2=types.ALIGNED_CROP
    )
    answer = shared_service.faces.Compare(request)
    assert answer.similarity > 0.93
    assert answer.probe_recognizable
    assert answer.HasField("face_1")
    assert not answer.HasField("face_2")
    assert answer.quality_2.recognizability > 0.9
    assert answer.quality_2.blur == pytest.approx(answer.quality_1.blur, abs=0.1)


@pytest.mark.parametrize("kind", SPOILT)
@pytest.mark.parametrize("name", NAMES)
def test_spoilt_crop_is_not_enrolled(
    shared_service: Live, cut: Callable[[str], Pixels], name: str, kind: str
) -> None:
    """The gates need no detector."""
    request = gallery.EnrollRequest(
        user_id="spoilt",
        collection="spoilt",
        image=png(SPOILT[kind](cut(name))),
        input=types.ALIGNED_CROP,
    )
    answer = shared_service.gallery.Enroll(request)
    assert not answer.success
    assert answer.rejections
