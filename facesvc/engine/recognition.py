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
from facesvc.engine.sessions import OpenModel
from facesvc.engine.view import ALIGNED_SIZE_PX, FaceView

_TINY = float(np.finfo(np.float32).tiny)


class Recognizer:
    """Embeds faces. Thread-safe.

    Args:
        features: what the recognizers see.
        projection: float32 (all their numbers, n), n at most 512 and its columns orthonormal;
            None for one model of 512 numbers. Embeddings are filled up with zeros.

    """

    def __init__(
        self, features: JoinedFeatures, projection: NDArray[np.float32] | None = None
    ) -> None:
        if projection is None and features.size != EMBEDDING_SIZE:
            raise EngineError(f"{features.files}: embeddings of {features.size} numbers.")
        if projection is not None:
            rows, columns = projection.shape
            if rows != features.size or columns > EMBEDDING_SIZE:
                raise EngineError(
                    f"{features.files}: the projection {rows}x{columns} is not theirs."
                )
            projection = np.pad(projection, ((0, 0), (0, EMBEDDING_SIZE - columns)))
        self._features, self._projection = features, projection

    def embed(self, view: FaceView) -> tuple[NDArray[np.float32], tuple[float, ...]]:
        """Return what ``embed_crop`` returns, of the view's crop. Raises as it does."""
        return self.embed_crop(view.aligned_exactly())

    def embed_crop(self, crop: NDArray[np.uint8]) -> tuple[NDArray[np.float32], tuple[float, ...]]:
        """Return the L2-normalised embedding, float32 (512,), of an aligned crop, uint8
        (112, 112, 3), BGR, and the length that each model's vector had before it was normalised.

        Raises InvalidEmbeddingError when a model gives no finite, non-zero vector: such a
        thing must never be stored or compared.
        """
        embedding, lengths = self._features.of(crop)
        if self._projection is not None:
            embedding = embedding @ self._projection
            embedding /= max(float(np.linalg.norm(embedding)), _TINY)
        return check_embedding(np.asarray(embedding, dtype=np.float32)), lengths


class JoinedFeatures:
    """The vectors of one or more models in one. Thread-safe.

    Each model's vector is normalised and gets the square root of its weight as its length; they
    stand one after the other. The cosine of two such vectors is the weighted mean of the models'
    cosines; an orthonormal projection that was learned from faces changes it little
    (docs/recognizers.md).

    Args:
        models: the recognizers, in the order that the projection was made for.

    """

    def __init__(self, models: Sequence[OpenModel]) -> None:
        self._parts = [_Part(model) for model in models]
        self.size = sum(part.size for part in self._parts)
        self.files = ", ".join(model.spec.file for model in models)

    def of(self, crop: NDArray[np.uint8]) -> tuple[NDArray[np.float32], tuple[float, ...]]:
        """Return the joined vector of an aligned crop, float32 (size,) of length 1, and the length
        that each model's vector had. Raises InvalidEmbeddingError.
        """
        vectors = self.vectors(crop)
        lengths = tuple(float(np.linalg.norm(vector)) for vector in vectors)
        if not all(_TINY < length < math.inf for length in lengths):
            raise InvalidEmbeddingError(f"The recognizers' vectors have the lengths {lengths}.")
        parts = zip(self._parts, vectors, lengths, strict=True)
        joined = [part.share / length * vector for part, vector, length in parts]
        return np.concatenate(joined), lengths

    def vectors(self, crop: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """Return what each model makes of an aligned crop, float32 (its size,), as it is."""
        return [part.vector(crop) for part in self._parts]


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
