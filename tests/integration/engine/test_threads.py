"""One engine, many threads: the numbers of one."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from facesvc.domain.photo import Photo
from facesvc.engine.config import EngineConfig
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.models.pack import Pack
from tests.integration.engine.conftest import ReadSample

PHOTOS = ["group.jpg", "rishi_sunak/1.jpg", "jacinda_ardern/1.jpg", "barack_obama/2.jpg"]
# The full figure, 1,000 calls a thread, takes minutes: FACESVC_THREAD_CALLS=1000.
CALLS = int(os.environ.get("FACESVC_THREAD_CALLS", "12"))


def everything(engine: OnnxFaceEngine, photo: Photo) -> bytes:
    """Return every number that the engine gives for the photo's best face."""
    faces = engine.detect(photo)
    parts: list[object] = [
        [(face.box, face.confidence, face.landmarks.tobytes()) for face in faces],
        engine.assess_quality(photo, faces[0]),
        engine.embed(photo, faces[0]).tobytes(),
        engine.check_liveness(photo, faces[0]),
        engine.estimate_attributes(photo, faces[0]),
    ]
    return repr(parts).encode()


@pytest.mark.parametrize("threads", [2, 8])
def test_threads_give_bit_identical_numbers(
    compact_pack: Pack, read_sample: ReadSample, threads: int
) -> None:
    """Boxes, landmarks, embeddings, qualities and probabilities do not differ in one bit."""
    engine = build_engine(compact_pack, EngineConfig(detection_size=320))
    pixels = [read_sample(name) for name in PHOTOS]
    serial = [everything(engine, Photo.from_pixels(item)) for item in pixels]
    assert len(set(serial)) == len(PHOTOS)

    def calls(thread: int) -> list[int]:
        order = np.random.default_rng(thread).integers(0, len(PHOTOS), CALLS)
        return [
            number
            for number in order
            if everything(engine, Photo.from_pixels(pixels[number])) != serial[number]
        ]

    with ThreadPoolExecutor(threads) as pool:
        assert list(pool.map(calls, range(threads))) == [[]] * threads


def test_threads_may_share_one_face(real_engine: OnnxFaceEngine, read_sample: ReadSample) -> None:
    """The crop that a face keeps is the same whoever cuts it first."""
    photo = Photo.from_pixels(read_sample("rishi_sunak/1.jpg"))
    expected = real_engine.embed(photo, real_engine.detect(photo)[0])
    face = real_engine.detect(photo)[0]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: real_engine.embed(photo, face), range(8)))
    for embedding in found:
        np.testing.assert_array_equal(embedding, expected)


def test_opencv_computes_in_the_calling_thread(real_engine: OnnxFaceEngine) -> None:
    """Its own threads spin, and would fight for the cores with the other calls."""
    assert real_engine.info.name == "compact-single"
    assert cv2.getNumThreads() == 1
