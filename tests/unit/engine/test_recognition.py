"""One recognizer, and several joined into one embedding."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.domain.embedding import InvalidEmbeddingError
from facesvc.domain.faces import BoundingBox
from facesvc.domain.photo import Photo
from facesvc.engine.config import EngineError
from facesvc.engine.recognition import JoinedFeatures, Recognizer
from facesvc.engine.sessions import OpenModel
from facesvc.engine.view import FaceView
from tests.unit.engine.fake_session import Answer, recognizer

LANDMARKS = np.array([[38, 52], [74, 52], [56, 72], [42, 92], [71, 92]], np.float32)
RNG = np.random.default_rng(3)
LONG, SHORT = RNG.normal(size=(2, 512)), RNG.normal(size=(2, 128))


def view(grey: int) -> FaceView:
    """Return a face that the fakes tell from another by its grey."""
    photo = Photo.from_pixels(np.full((112, 112, 3), grey, np.uint8))
    return FaceView(photo, BoundingBox(0, 0, 112, 112), LANDMARKS)


def by_grey(vectors: NDArray[np.float64]) -> Answer:
    """Answer with the first vector for a dark face, the second for a bright one."""
    return lambda blob: [vectors[int(blob.mean() > 0)][np.newaxis].astype(np.float32)]


def pair(weight: float) -> list[OpenModel]:
    """Return recognizers of 512 and of 128 numbers."""
    return [
        recognizer(512, by_grey(LONG), weight),
        recognizer(128, by_grey(SHORT), 1 - weight),
    ]


def cosine(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the cosine of two vectors of any length."""
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def spanning(rows: NDArray[np.float64], columns: int = 384) -> NDArray[np.float32]:
    """Return orthonormal columns, (640, columns), whose span holds the rows."""
    filled = np.concatenate([rows, np.random.default_rng(0).normal(size=(columns - 2, 640))])
    return np.linalg.qr(filled.T)[0].astype(np.float32)


def test_one_model_gives_its_own_vector_normalised() -> None:
    """The length that it had goes along: it says how recognizable the face is."""
    embedding, lengths = Recognizer(JoinedFeatures([recognizer(512, by_grey(LONG))])).embed(
        view(20)
    )
    np.testing.assert_allclose(embedding, LONG[0] / np.linalg.norm(LONG[0]), rtol=1e-5)
    assert lengths == (pytest.approx(np.linalg.norm(LONG[0]), rel=1e-5),)


@pytest.mark.parametrize("weight", [0.3, 0.5, 0.9])
def test_the_joined_cosine_is_the_weighted_mean_of_the_models(weight: float) -> None:
    """A projection that keeps both faces changes nothing of their cosine."""
    joined = np.hstack(
        [
            np.sqrt(weight) * LONG / np.linalg.norm(LONG, axis=1, keepdims=True),
            np.sqrt(1 - weight) * SHORT / np.linalg.norm(SHORT, axis=1, keepdims=True),
        ]
    )
    both = Recognizer(JoinedFeatures(pair(weight)), spanning(joined))
    (first, lengths), (second, _) = both.embed(view(20)), both.embed(view(230))
    expected = weight * cosine(*LONG) + (1 - weight) * cosine(*SHORT)
    assert float(first @ second) == pytest.approx(expected, abs=1e-5)
    assert lengths == pytest.approx((np.linalg.norm(LONG[0]), np.linalg.norm(SHORT[0])), rel=1e-5)


@pytest.mark.parametrize("broken", [0.0, np.nan, np.inf])
def test_a_model_without_an_answer_is_an_error(broken: float) -> None:
    """The other model's half alone would be compared with whole ones."""
    models = [recognizer(512, by_grey(LONG), 0.5), recognizer(128, by_grey(SHORT * broken), 0.5)]
    with pytest.raises(InvalidEmbeddingError):
        Recognizer(JoinedFeatures(models), spanning(RNG.normal(size=(2, 640)))).embed(view(20))


def test_a_projection_of_other_models_is_refused() -> None:
    """Whole or not at all, and at the start."""
    with pytest.raises(EngineError, match="projection"):
        Recognizer(JoinedFeatures(pair(0.3)), np.eye(512, dtype=np.float32))
    with pytest.raises(EngineError, match="128"):
        Recognizer(JoinedFeatures([recognizer(128, by_grey(SHORT))]))
