"""Options that several commands have: what matches, and which face of a photo is meant."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from facesvc.cli.errors import UsageError
from facesvc.cli.output import Output
from facesvc.v1 import gallery_service_pb2, types_pb2

Threshold = Annotated[
    float | None, typer.Option(help="Least similarity, -1 to 1; else the service's.")
]
TargetFpir = Annotated[
    float | None,
    typer.Option(help="Share of strangers who may be answered, in --threshold's place."),
]
TargetFmr = Annotated[
    float | None,
    typer.Option(help="Share of other people who may match, in --threshold's place."),
]
Unrecognizable = Annotated[
    bool,
    typer.Option(
        "--allow-unrecognizable", help="Let faces without an identity match (blurred, dark, ...)."
    ),
]
Face = Annotated[
    str,
    typer.Option(
        metavar="FACE",
        help="Which of several faces is meant: best, largest, central, or the one nearest to a"
        " point X,Y or a box X1,Y1,X2,Y2 in pixels.",
    ),
]
SingleFace = Annotated[bool, typer.Option("--single-face", help="Refuse photos of several faces.")]
_RULES = {
    "best": types_pb2.FaceSelection.BEST_QUALITY,
    "largest": types_pb2.FaceSelection.LARGEST,
    "central": types_pb2.FaceSelection.MOST_CENTRAL,
    # as the contract and the Python client name them
    "best_quality": types_pb2.FaceSelection.BEST_QUALITY,
    "most_central": types_pb2.FaceSelection.MOST_CENTRAL,
}
_POINT_OR_BOX = (2, 4)  # numbers


def meant(face: str, *, single: bool) -> dict[str, Any]:
    """Return the request's fields about which face is meant. Raises UsageError."""
    fields: dict[str, Any] = {"require_single_face": single}
    if face:
        fields["face_selection"] = selection_of(face)
    return fields


def selection_of(face: str) -> types_pb2.FaceSelection:
    """Return what --face says. Raises UsageError."""
    if face in _RULES:
        return types_pb2.FaceSelection(rule=_RULES[face])
    try:
        near = [float(number) for number in face.split(",")]
    except ValueError:
        near = []
    if len(near) not in _POINT_OR_BOX:
        raise UsageError(
            "--face is best, largest, central, a point X,Y or a box X1,Y1,X2,Y2, such as 120,80."
        )
    return types_pb2.FaceSelection(rule=types_pb2.FaceSelection.NEAREST, near=near)


def tell_choice(out: Output, photo: str, faces: int, face: Any, option: str = "--face") -> None:
    """Say which of several faces was used."""
    if faces > 1:
        box = " ".join(map(str, face.bbox))
        out.note(f"{photo}: {faces} faces; used the one at {box} ({option} chooses another).")


def tell_faults(out: Output, photo: str, faults: Any) -> None:
    """Say why a face carries no identity, with what would help."""
    for each in faults:
        reason = gallery_service_pb2.Rejection.Reason.Name(each.reason)
        out.note(f"{photo}: {reason} {each.measured:.3f}, limit {each.limit:.3f}. {each.hint}")
