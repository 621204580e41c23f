"""``facesvc compare``."""

from __future__ import annotations

from typing import Annotated

import typer

from facesvc.cli import exits
from facesvc.cli.command import Call
from facesvc.cli.output import as_dict
from facesvc.cli.photo import Aligned, Photo, source_of
from facesvc.v1 import face_service_pb2 as pb


def compare(
    call: Call,
    photo: Photo,
    other: Photo,
    threshold: Annotated[
        float | None, typer.Option(help="Least similarity, -1 to 1; else the service's.")
    ] = None,
    aligned: Aligned = False,
) -> int:
    """Tell whether two photos show the same person; exit status 4 when they do not."""
    request = pb.CompareRequest(
        **source_of(photo, "_1", aligned=aligned),
        **source_of(other, "_2", aligned=aligned),
        threshold=threshold,
    )
    answer = call.service.faces.Compare(request)
    if call.out.as_json:
        call.out.json(as_dict(answer))
    else:
        word = "same person" if answer.match else "different people"
        call.out.line(
            f"{word}: similarity {answer.similarity:.3f} of {answer.threshold:.3f},"
            f" qualities {answer.quality_1.score:.2f} and {answer.quality_2.score:.2f}"
        )
    return exits.DONE if answer.match else exits.ANSWER_IS_NO
