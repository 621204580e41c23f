"""Embeddings: InsightFace's ArcFaceONNX on the project's session."""

from __future__ import annotations

import numpy as np
from insightface.model_zoo.arcface_onnx import ArcFaceONNX
from numpy.typing import NDArray

from facesvc.adapters.engine.config import EngineError
from facesvc.adapters.engine.sessions import OpenModel
from facesvc.adapters.engine.view import ALIGNED_SIZE_PX, FaceView
from facesvc.domain.embedding import check_embedding
from facesvc.domain.faces import EMBEDDING_SIZE


class Recognizer:
    """Embeds aligned crops in the channel order that the manifest gives. Thread-safe."""

    def __init__(self, model: OpenModel) -> None:
        self._arcface = ArcFaceONNX(model_file=model.source(), session=model.session)
        self._arcface.input_mean, self._arcface.input_std = model.spec.mean[0], model.spec.std[0]
        self._is_bgr = model.spec.channel_order == "BGR"
        if self._arcface.input_size != (ALIGNED_SIZE_PX, ALIGNED_SIZE_PX):
            raise EngineError(f"{model.spec.file}: its input is {self._arcface.input_size}.")
        if self._arcface.output_shape[-1] != EMBEDDING_SIZE:
            raise EngineError(f"{model.spec.file}: its output is {self._arcface.output_shape}.")

    def embed(self, view: FaceView) -> NDArray[np.float32]:
        """Return the L2-normalised embedding, float32 (512,).

        Raises InvalidEmbeddingError when the model gives no finite, non-zero vector: such a
        thing must never be stored or compared.
        """
        crop = view.aligned()
        # ArcFaceONNX swaps red and blue; swapped before, a model that wants BGR gets it.
        if self._is_bgr:
            crop = np.ascontiguousarray(crop[:, :, ::-1])
        vector = self._arcface.get_feat(crop)[0]
        length = max(np.linalg.norm(vector), np.finfo(np.float32).tiny)
        return check_embedding(np.asarray(vector / length, dtype=np.float32))
