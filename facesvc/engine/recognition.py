"""Embeddings: an ArcFace-style recognizer on the project's session."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.embedding import check_embedding
from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.engine.config import EngineError
from facesvc.engine.kernels.alignment import face_blob
from facesvc.engine.sessions import OpenModel
from facesvc.engine.view import ALIGNED_SIZE_PX, FaceView


class Recognizer:
    """Embeds aligned crops in the channel order that the manifest gives. Thread-safe."""

    def __init__(self, model: OpenModel) -> None:
        spec = model.spec
        if model.input_sides() != (ALIGNED_SIZE_PX, ALIGNED_SIZE_PX):
            raise EngineError(f"{spec.file}: its input is {model.input_sides()}.")
        outputs = [output.shape for output in model.session.get_outputs()]
        if len(outputs) != 1 or outputs[0][-1] != EMBEDDING_SIZE:
            raise EngineError(f"{spec.file}: its outputs are {outputs}.")
        self._model = model
        self._mean, self._std = spec.mean[0], spec.std[0]
        self._is_bgr = spec.channel_order == "BGR"

    def embed(self, view: FaceView) -> tuple[NDArray[np.float32], tuple[float, ...]]:
        """Return the L2-normalised embedding, float32 (512,), and the length that the vector had
        before, one a recognizer.

        Raises InvalidEmbeddingError when the model gives no finite, non-zero vector: such a
        thing must never be stored or compared.
        """
        blob = face_blob(view.aligned(), self._mean, self._std, is_bgr=self._is_bgr)
        vector = self._model.run(blob)[0][0]
        length = max(float(np.linalg.norm(vector)), float(np.finfo(np.float32).tiny))
        return check_embedding(np.asarray(vector / length, dtype=np.float32)), (length,)
