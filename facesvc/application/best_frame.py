"""Which of several frames of one person is judged."""

from __future__ import annotations

from collections.abc import Sequence

from facesvc.application.detect_faces import ObservedFace


def best_frame(faces: Sequence[ObservedFace]) -> tuple[int, ObservedFace]:
    """Return the frame to judge, and its number: the most recognizable, or of the best quality
    where that is not known.
    """
    ranked = [(face.quality.recognizability or 0.0, face.quality.score) for face in faces]
    number = max(range(len(faces)), key=ranked.__getitem__)
    return number, faces[number]
