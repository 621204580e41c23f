"""``facesvc verify``."""

from __future__ import annotations

from typing import Annotated

import typer

from facesvc.cli import exits
from facesvc.cli.choices import (
    Face,
    SingleFace,
    TargetFmr,
    Threshold,
    Unrecognizable,
    meant,
    tell_choice,
    tell_faults,
)
from facesvc.cli.command import Call
from facesvc.cli.output import as_dict
from facesvc.cli.photo import Aligned, Photo, source_of
from facesvc.v1 import gallery_service_pb2 as pb


def verify(
    call: Call,
    user: Annotated[str, typer.Argument(help="Whose face it should be.")],
    photo: Photo,
    threshold: Threshold = None,
    target_fmr: TargetFmr = None,
    allow_unrecognizable: Unrecognizable = False,
    face: Face = "",
    single_face: SingleFace = False,
    collection: Annotated[str, typer.Option(help="Else the service's default.")] = "",
    aligned: Aligned = False,
) -> int:
    """Tell whether a photo shows the user (1:1); exit status 4 when it does not."""
    request = pb.VerifyRequest(
        user_id=user,
        **source_of(photo, aligned=aligned),
        threshold=threshold,
        target_fmr=target_fmr,
        allow_unrecognizable=allow_unrecognizable or None,
        collection=collection,
        **meant(face, single=single_face),
    )
    answer = call.service.gallery.Verify(request)
    tell_choice(call.out, photo, answer.faces_detected, answer.face)
    tell_faults(call.out, photo, answer.probe_faults)
    if call.out.as_json:
        call.out.json(as_dict(answer))
    else:
        word = "yes" if answer.verified else "no"
        call.out.line(
            f"{word}: {user}, similarity {answer.similarity:.3f} of {answer.threshold:.3f},"
            f" quality {answer.quality.score:.2f}"
        )
    return exits.DONE if answer.verified else exits.ANSWER_IS_NO
