"""Embeddings: one ArcFace-style recognizer, or several joined into one vector."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.embedding import InvalidEmbeddingError, check_embedding
from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.engine.config import EngineError
from facesvc.engine.kernels.alignment import face_blob
from facesvc.engine.landmark_refinement import LandmarkRefinement
from facesvc.engine.sessions import OpenModel
from facesvc.engine.view import ALIGNED_SIZE_PX, FaceView

_TINY = float(np.finfo(np.float32).tiny)

Embedded = tuple[NDArray[np.float32], tuple[float, ...]]


class Recognizer:
    """Embeds aligned crops. Thread-safe.

    Each model's vector is normalised and gets the square root of its weight as its length; all
    of them, one after the other, are projected to the embedding's size. Without the projection
    the cosine of two such vectors is the weighted mean of the models' cosines, and orthonormal
    columns that were learned from faces change it little (docs/accuracy.md).

    Args:
        models: the recognizers, in the order that the projection was made for.
        projection: float32 (all their numbers, 512), None for one model of 512 numbers.
        refinement: places the landmarks again before the crop is cut, None to take the
            detector's.

    """

    def __init__(
        self,
        models: Sequence[OpenModel],
        projection: NDArray[np.float32] | None = None,
        refinement: LandmarkRefinement | None = None,
    ) -> None:
        self._parts = [_Part(model) for model in models]
        sizes = [part.size for part in self._parts]
        files = ", ".join(model.spec.file for model in models)
        if projection is None and sizes != [EMBEDDING_SIZE]:
            raise EngineError(f"{files}: embeddings of {sizes} numbers, not {EMBEDDING_SIZE}.")
        if projection is not None and projection.shape != (sum(sizes), EMBEDDING_SIZE):
            raise EngineError(f"{files}: the projection {projection.shape} is not theirs.")
        self._projection = projection
        self._refinement = refinement

    def embed(self, view: FaceView) -> Embedded:
        """Return the L2-normalised embedding, float32 (512,), and the length that each model's
        vector had before it was normalised.

        Raises InvalidEmbeddingError when a model gives no finite, non-zero vector: such a
        thing must never be stored or compared.
        """
        crop = view.aligned()
        if self._refinement is not None:
            crop = view.aligned_by(self._refinement.landmarks(view))
        vectors = [part.vector(crop) for part in self._parts]
        lengths = tuple(float(np.linalg.norm(vector)) for vector in vectors)
        if not all(_TINY < length < math.inf for length in lengths):
            raise InvalidEmbeddingError(f"The recognizers' vectors have the lengths {lengths}.")
        parts = zip(self._parts, vectors, lengths, strict=True)
        embedding = np.concatenate([part.share / length * vector for part, vector, length in parts])
        if self._projection is not None:
            embedding = embedding @ self._projection
            embedding /= max(float(np.linalg.norm(embedding)), _TINY)
        return check_embedding(np.asarray(embedding, dtype=np.float32)), lengths


class _Part:
    """One model, fed in the channel order that the manifest gives."""

    def __init__(self, model: OpenModel) -> None:
        spec = model.spec
        if model.input_sides() != (ALIGNED_SIZE_PX, ALIGNED_SIZE_PX):
            raise EngineError(f"{spec.file}: its input is {model.input_sides()}.")
        outputs = [output.shape for output in model.session.get_outputs()]
        if len(outputs) != 1 or not isinstance(outputs[0][-1], int):
            raise EngineError(f"{spec.file}: its outputs are {outputs}.")
        self.size: int = outputs[0][-1]
        self.share = math.sqrt(spec.weight)
        self._model = model
        self._mean, self._std = spec.mean[0], spec.std[0]
        self._is_bgr = spec.channel_order == "BGR"

    def vector(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the model's vector, float32 (size,), as it is."""
        blob = face_blob(crop, self._mean, self._std, is_bgr=self._is_bgr)
        return np.asarray(self._model.run(blob)[0][0], np.float32)
