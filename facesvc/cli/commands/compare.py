"""``facesvc compare``."""

from __future__ import annotations

from typing import Annotated

import typer

from facesvc.cli import exits
from facesvc.cli.choices import (
    SingleFace,
    TargetFmr,
    Threshold,
    Unrecognizable,
    selection_of,
    tell_choice,
    tell_faults,
)
from facesvc.cli.command import Call
from facesvc.cli.output import as_dict
from facesvc.cli.photo import Aligned, Photo, source_of
from facesvc.v1 import face_service_pb2 as pb


def compare(
    call: Call,
    photo: Photo,
    other: Photo,
    threshold: Threshold = None,
    target_fmr: TargetFmr = None,
    allow_unrecognizable: Unrecognizable = False,
    face_1: Annotated[
        str,
        typer.Option(help="Which of the first photo's faces: best, largest, central, or near X,Y."),
    ] = "",
    face_2: Annotated[str, typer.Option(help="Which of the second photo's.")] = "",
    single_face: SingleFace = False,
    aligned: Aligned = False,
) -> int:
    """Tell whether two photos show the same person; exit status 4 when they do not."""
    request = pb.CompareRequest(
        **source_of(photo, "_1", aligned=aligned),
        **source_of(other, "_2", aligned=aligned),
        threshold=threshold,
        target_fmr=target_fmr,
        allow_unrecognizable=allow_unrecognizable or None,
        face_selection_1=selection_of(face_1) if face_1 else None,
        face_selection_2=selection_of(face_2) if face_2 else None,
        require_single_face=single_face,
    )
    answer = call.service.faces.Compare(request)
    tell_choice(call.out, photo, answer.faces_detected_1, answer.face_1, "--face-1")
    tell_choice(call.out, other, answer.faces_detected_2, answer.face_2, "--face-2")
    tell_faults(call.out, photo, answer.faults_1)
    tell_faults(call.out, other, answer.faults_2)
    if call.out.as_json:
        call.out.json(as_dict(answer))
    else:
        word = "same person" if answer.match else "different people"
        call.out.line(
            f"{word}: similarity {answer.similarity:.3f} of {answer.threshold:.3f},"
            f" qualities {answer.quality_1.score:.2f} and {answer.quality_2.score:.2f}"
        )
    return exits.DONE if answer.match else exits.ANSWER_IS_NO
