"""``facesvc identify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facesvc.cli import exits
from facesvc.cli.choices import TargetFpir, Threshold, Unrecognizable, tell_faults
from facesvc.cli.command import Call
from facesvc.cli.drawing.faces import FaceMark, Mood, write_marked
from facesvc.cli.filters import Where, tell_unknown
from facesvc.cli.output import as_dict
from facesvc.cli.photo import Photo, read_photo
from facesvc.v1 import gallery_service_pb2 as pb


def identify(
    call: Call,
    photo: Photo,
    threshold: Threshold = None,
    target_fpir: TargetFpir = None,
    allow_unrecognizable: Unrecognizable = False,
    check_liveness: Annotated[
        bool, typer.Option("--check-liveness", help="Tell whether each face looks live, too.")
    ] = False,
    collection: Annotated[str, typer.Option(help="Else the service's default.")] = "",
    where: Where = None,
    draw: Annotated[
        Path | None, typer.Option(help="Picture that takes the photo with the names on it.")
    ] = None,
) -> int:
    """Find out who is in a group photo; exit status 4 when nobody was recognised."""
    data = read_photo(photo)
    request = pb.IdentifyRequest(
        image=data,
        threshold=threshold,
        target_fpir=target_fpir,
        collection=collection,
        where=where,
        allow_unrecognizable=allow_unrecognizable or None,
        check_liveness=check_liveness,
    )
    answer = call.service.gallery.Identify(request)
    tell_unknown(call.out, answer, collection)
    for number, face in enumerate(answer.faces, 1):
        tell_faults(call.out, f"face {number}", face.faults)
    if call.out.as_json:
        call.out.json(as_dict(answer))
    else:
        live = ["live"] if check_liveness else []
        call.out.table(
            ["face", "box", "user", "name", "similarity", "margin", "quality", *live],
            [
                (
                    number,
                    " ".join(map(str, face.bbox)),
                    face.match.user_id if face.HasField("match") else "nobody known",
                    face.match.name,
                    face.match.similarity if face.HasField("match") else "",
                    face.margin if face.HasField("margin") else "",
                    face.quality.score,
                    *([face.liveness.reason or face.liveness.is_live] if live else []),
                )
                for number, face in enumerate(answer.faces, 1)
            ],
        )
        call.out.line(f"{len(answer.users)} of {answer.faces_detected} faces recognised")
    if draw:
        write_marked(draw, data, [_mark(face) for face in answer.faces])
    return exits.DONE if answer.users else exits.ANSWER_IS_NO


def _mark(face: pb.IdentifiedFace) -> FaceMark:
    known = face.HasField("match")
    name = (face.match.name or face.match.user_id) if known else "unknown"
    figures = f"quality {face.quality.score:.2f}"
    lines = [name, f"{face.match.similarity:.2f}, {figures}" if known else figures]
    return FaceMark(tuple(face.bbox), lines, Mood.GOOD if known else Mood.UNKNOWN)
