"""``facesvc checkin``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from facesvc.cli import exits
from facesvc.cli.choices import (
    Face,
    SingleFace,
    TargetFpir,
    Threshold,
    Unrecognizable,
    meant,
    tell_choice,
)
from facesvc.cli.command import Call
from facesvc.cli.errors import UsageError
from facesvc.cli.filters import Where, tell_unknown
from facesvc.cli.output import as_dict
from facesvc.cli.photo import read_photo, source_of
from facesvc.v1 import gallery_service_pb2 as pb

MATCH = pb.CheckInResponse.MATCH
Photos = Annotated[list[str], typer.Argument(help="Photo: a file, an http(s) URL, or - for stdin.")]
Frames = Annotated[
    bool,
    typer.Option(
        "--frames",
        help="The photos are 2 to 5 files of one person, taken one after the other: they have to"
        " show movement.",
    ),
]
Challenge = Annotated[
    str,
    typer.Option(
        metavar="TOKEN",
        help="Token of facesvc challenge; the frames show its movements, after one straight ahead.",
    ),
]
User = Annotated[str, typer.Option(help="Whom the person claims to be; else all are searched.")]
ReviewBand = Annotated[
    float | None,
    typer.Option(help="How far below the threshold is REVIEW, not NO_MATCH. [default: 0.08]"),
]
MinMargin = Annotated[
    float | None,
    typer.Option(
        help="How much less similar the next user must be; closer is REVIEW. [default: 0.05]"
    ),
]
SkipLiveness = Annotated[
    bool, typer.Option("--skip-liveness", help="Leave the liveness check out.")
]
Collection = Annotated[str, typer.Option(help="Else the service's default.")]


def checkin(
    call: Call,
    photos: Photos,
    frames: Frames = False,
    challenge: Challenge = "",
    user: User = "",
    threshold: Threshold = None,
    target_fpir: TargetFpir = None,
    review_band: ReviewBand = None,
    min_margin: MinMargin = None,
    allow_unrecognizable: Unrecognizable = False,
    face: Face = "",
    single_face: SingleFace = False,
    skip_liveness: SkipLiveness = False,
    collection: Collection = "",
    where: Where = None,
) -> int:
    """Decide on a selfie: good enough, live, and whose? Exit status 4 unless it is a MATCH."""
    answer = call.service.gallery.CheckIn(
        pb.CheckInRequest(
            **_shown(photos, frames=frames or bool(challenge)),
            challenge_token=challenge,
            user_id=user,
            threshold=threshold,
            target_fpir=target_fpir,
            review_band=review_band,
            min_margin=min_margin,
            allow_unrecognizable=allow_unrecognizable or None,
            **meant(face, single=single_face),
            skip_liveness=skip_liveness,
            collection=collection,
            where=where,
        )
    )
    tell_unknown(call.out, answer, collection)
    tell_choice(call.out, photos[answer.frame], answer.faces_detected, answer.face)
    if call.out.as_json:
        call.out.json(as_dict(answer))
    else:
        call.out.fields(
            [
                ("decision", decision_of(answer)),
                ("user", answer.match.user_id),
                ("name", answer.match.name),
                ("similarity", answer.match.similarity if answer.HasField("match") else None),
                ("margin", answer.margin if answer.HasField("margin") else None),
                ("quality", answer.quality.score),
                ("live", answer.liveness.is_live if answer.HasField("liveness") else None),
                *((pb.Rejection.Reason.Name(each.reason), each.hint) for each in answer.reasons),
                ("took", f"{answer.timings.total_ms:.0f} ms"),
            ]
        )
    return exits.DONE if answer.decision == MATCH else exits.ANSWER_IS_NO


def _shown(photos: list[str], *, frames: bool) -> dict[str, Any]:
    """Return the request's fields for one photo or for frames. Raises OSError and UsageError."""
    if frames:
        return {"images": [read_photo(photo) for photo in photos]}
    if len(photos) > 1:
        raise UsageError(
            "A check-in is of one person: give one photo, or --frames for several of the same"
            " moment. Many people's photos are for facesvc watch."
        )
    return source_of(photos[0])


def decision_of(answer: Any) -> str:
    """Return the decision's name."""
    return str(pb.CheckInResponse.Decision.Name(answer.decision))
