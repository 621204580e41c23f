"""Embeddings of real photos: exactness, known people, known numbers."""

from __future__ import annotations

from itertools import combinations

import cv2
import numpy as np
import onnxruntime
import pytest
from insightface.utils import face_align
from numpy.typing import NDArray

from facesvc.domain.faces import DetectedFace
from facesvc.domain.photo import Photo
from facesvc.engine.config import EngineConfig
from facesvc.engine.engine import OnnxFaceEngine
from facesvc.engine.sessions import open_model
from facesvc.engine.view import view_of
from facesvc.models.manifest import Role
from facesvc.models.pack import Pack
from tests.integration.engine.conftest import Pixels, ReadSample

THRESHOLD = 0.45  # MATCH_THRESHOLD's default
PEOPLE = {
    "barack_obama": ["1.jpg", "2.jpg", "3.jpg", "4.jpg", "right_half.jpg"],
    "emmanuel_macron": ["1.jpg", "2.jpg"],
    "jacinda_ardern": ["1.jpg", "2.jpg"],
    "joe_biden": ["1.jpg"],
    "rishi_sunak": ["1.jpg"],
}
PHOTOS = [f"{person}/{file}" for person, files in PEOPLE.items() for file in files]

Embedding = NDArray[np.float32]


def best_embedding(engine: OnnxFaceEngine, pixels: Pixels) -> Embedding:
    """Return the embedding of the most confident face."""
    photo = Photo.from_pixels(pixels)
    return engine.embed(photo, engine.detect(photo)[0])


@pytest.fixture(scope="module")
def embeddings(real_engine: OnnxFaceEngine, read_sample: ReadSample) -> dict[str, Embedding]:
    """Every photo's embedding, by its place."""
    return {name: best_embedding(real_engine, read_sample(name)) for name in PHOTOS}


@pytest.mark.parametrize(("first", "second"), list(combinations(PHOTOS, 2)))
def test_people_are_on_the_right_side_of_the_threshold(
    embeddings: dict[str, Embedding], first: str, second: str
) -> None:
    """Years, light and half a face apart, the same person matches, and nobody else does."""
    same = first.split("/")[0] == second.split("/")[0]
    assert (embeddings[first] @ embeddings[second] >= THRESHOLD) == same


def test_embeddings_are_normalised_and_float32(embeddings: dict[str, Embedding]) -> None:
    """512 numbers of length 1."""
    for embedding in embeddings.values():
        assert embedding.shape == (512,)
        assert embedding.dtype == np.float32
        assert np.linalg.norm(embedding) == pytest.approx(1.0, abs=1e-6)


def test_alignment_is_insightfaces(real_engine: OnnxFaceEngine, read_sample: ReadSample) -> None:
    """The crop is norm_crop's to the rounding: that one estimates in float32."""
    pixels = read_sample("group.jpg")
    photo = Photo.from_pixels(pixels)
    for face in real_engine.detect(photo):
        expected = face_align.norm_crop(pixels, face.landmarks)
        apart = np.abs(view_of(photo, face).aligned().astype(int) - expected)
        assert apart.max() <= 2
        assert np.mean(apart > 0) < 1e-3


def test_the_recognizer_is_fed_bgr_as_its_manifest_says(
    real_engine: OnnxFaceEngine, compact_pack: Pack, read_sample: ReadSample
) -> None:
    """The embedding is that of the plain model on the BGR crop, not on the RGB crop."""
    spec = compact_pack.manifest.with_role(Role.RECOGNIZER)[0]
    model = open_model(compact_pack, spec, EngineConfig())
    photo = Photo.from_pixels(read_sample("rishi_sunak/1.jpg"))
    face = real_engine.detect(photo)[0]
    crop = view_of(photo, face).aligned().astype(np.float32)

    def by_hand(ordered: NDArray[np.float32]) -> Embedding:
        vector = model.run(((ordered - 127.5) / 127.5).transpose(2, 0, 1)[None])[0][0]
        return np.asarray(vector / np.linalg.norm(vector), np.float32)

    embedding = real_engine.embed(photo, face)
    np.testing.assert_allclose(embedding, by_hand(crop), atol=1e-6)
    assert embedding @ by_hand(np.ascontiguousarray(crop[:, :, ::-1])) < 0.99


def test_the_rewritten_recognizer_gives_the_original_numbers(
    real_engine: OnnxFaceEngine, compact_pack: Pack, read_sample: ReadSample
) -> None:
    """The faster graph differs from the file's own by rounding only."""
    spec = compact_pack.manifest.with_role(Role.RECOGNIZER)[0]
    assert spec.prepare
    session = onnxruntime.InferenceSession(
        str(compact_pack.folder / spec.file), providers=["CPUExecutionProvider"]
    )
    photo = Photo.from_pixels(read_sample("jacinda_ardern/2.jpg"))
    face = real_engine.detect(photo)[0]
    crop = view_of(photo, face).aligned().astype(np.float32)
    blob = ((crop - 127.5) / 127.5).transpose(2, 0, 1)[None]
    vector = session.run(None, {session.get_inputs()[0].name: blob})[0][0]
    original = vector / np.linalg.norm(vector)
    np.testing.assert_allclose(real_engine.embed(photo, face), original, atol=2e-6)


def test_a_reduced_decode_gives_coordinates_of_the_original(
    real_engine: OnnxFaceEngine, read_sample: ReadSample
) -> None:
    """Boxes and landmarks are the original's, and the person stays the person."""
    pixels = read_sample("joe_biden/1.jpg")
    height, width = pixels.shape[:2]
    half = cv2.resize(pixels, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    photo, reduced = (
        Photo.from_pixels(pixels),
        Photo(np.asarray(half, np.uint8), width, height, 0.5),
    )
    face, smaller = real_engine.detect(photo)[0], real_engine.detect(reduced)[0]
    np.testing.assert_allclose(smaller.landmarks, face.landmarks, atol=4)
    assert smaller.box.area == pytest.approx(face.box.area, rel=0.1)
    similarity = real_engine.embed(photo, face) @ real_engine.embed(reduced, smaller)
    assert similarity > 0.97


def test_a_small_face_in_a_reduced_decode_is_cut_from_more_pixels(
    real_engine: OnnxFaceEngine, read_sample: ReadSample
) -> None:
    """Below 112 px across the face the photo is decoded again, once for all its models."""
    full = Photo.from_pixels(read_sample("joe_biden/1.jpg"))
    face = real_engine.detect(full)[0]
    small = cv2.resize(full.pixels, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    scales: list[float] = []

    def decode_again(scale: float) -> Photo:
        scales.append(scale)
        return full

    reduced = Photo(np.asarray(small, np.uint8), full.width, full.height, 0.25, decode_again)
    found = real_engine.detect(reduced)[0]
    embedding = real_engine.embed(reduced, found)
    real_engine.assess_quality(reduced, found)
    real_engine.check_liveness(reduced, found)
    assert scales == [pytest.approx(112 / min(found.box.width, found.box.height))]
    exact = DetectedFace(found.box, found.confidence, found.landmarks)
    np.testing.assert_array_equal(embedding, real_engine.embed(full, exact))
    assert embedding @ real_engine.embed(full, face) > 0.97


def test_a_degenerate_face_gives_no_nonsense(
    real_engine: OnnxFaceEngine, read_sample: ReadSample
) -> None:
    """Landmarks in one point, which no detector gives but a bug might, do not end in NaN."""
    photo = Photo.from_pixels(read_sample("rishi_sunak/1.jpg"))
    face = real_engine.detect(photo)[0]
    point = DetectedFace(face.box, face.confidence, np.full((5, 2), 50, np.float32))
    assert np.isfinite(real_engine.embed(photo, point)).all()
    quality = real_engine.assess_quality(photo, point)
    assert 0.0 <= quality.score <= 1.0
