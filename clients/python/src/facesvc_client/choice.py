"""Which face of a photo of several is meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, TypedDict

from facesvc_client.v1 import types_pb2

Face: TypeAlias = Literal["best_quality", "largest", "most_central"] | Sequence[float]
"""A rule; or a point x, y or a box x1, y1, x2, y2 in pixels of the upright photo, for the face that
is nearest to it.
"""
_RULES = ("best_quality", "largest", "most_central")


class FaceOptions(TypedDict, total=False):
    """Options of the calls that look at one face of a photo."""

    face: Face
    """The face that is meant; left out, the one of the best quality."""
    single_face: bool
    """Refuse a photo of several faces: AmbiguousFaceError."""


def selection_of(face: Face | None) -> types_pb2.FaceSelection | None:
    """Return the contract's choice, None for the default. Raises ValueError for another rule."""
    if face is None:
        return None
    if not isinstance(face, str):
        return types_pb2.FaceSelection(near=face)
    if face not in _RULES:
        raise ValueError(f"a face is chosen by {', '.join(_RULES)}, a point or a box, not {face!r}")
    return types_pb2.FaceSelection(rule=face.upper())


def chosen(options: Any) -> dict[str, Any]:
    """Return options as the fields of a request."""
    fields = dict(options)
    selection = selection_of(fields.pop("face", None))
    single = fields.pop("single_face", False)
    return {**fields, "face_selection": selection, "require_single_face": single}
