"""``facesvc search``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import grpc
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
    tell_faults,
)
from facesvc.cli.command import Call
from facesvc.cli.drawing.contact_sheet import Row, write_contact_sheet
from facesvc.cli.errors import describe, reason_of_error
from facesvc.cli.filters import Where, tell_unknown
from facesvc.cli.output import as_dict, json_of
from facesvc.cli.photo import Aligned, Photos, each_photo, is_url, read_photo, source_of
from facesvc.v1 import gallery_service_pb2 as pb

_AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAUTHENTICATED)


def search(
    call: Call,
    photos: Photos,
    top_k: Annotated[int, typer.Option(help="Most matches of a photo.")] = 5,
    threshold: Threshold = None,
    target_fpir: TargetFpir = None,
    allow_unrecognizable: Unrecognizable = False,
    face: Face = "",
    single_face: SingleFace = False,
    collection: Annotated[str, typer.Option(help="Else the service's default.")] = "",
    where: Where = None,
    metadata: Annotated[
        bool, typer.Option("--metadata", help="Tell each match's metadata, too.")
    ] = False,
    aligned: Aligned = False,
    draw: Annotated[
        Path | None, typer.Option(help="Picture that takes the photos and their matches.")
    ] = None,
    enrolled: Annotated[
        Path | None,
        typer.Option(help="With --draw: folder of enrolled photos, shown beside the matches."),
    ] = None,
) -> int:
    """Find out whose faces the photos show (1:N); exit status 4 when nobody was found."""
    found: list[Row] = []
    answers: list[dict[str, Any]] = []
    for photo in each_photo(photos):
        request = pb.SearchRequest(
            **source_of(photo, aligned=aligned),
            top_k=top_k,
            threshold=threshold,
            target_fpir=target_fpir,
            collection=collection,
            where=where,
            include_metadata=metadata,
            allow_unrecognizable=allow_unrecognizable or None,
            **meant(face, single=single_face),
        )
        try:
            answer = call.service.gallery.Search(request)
        except grpc.RpcError as error:
            if error.code() in _AWAY:
                raise
            reason = reason_of_error(error)
            answers.append({"photo": photo, "reason": reason, "message": error.details()})
            found.append(Row(photo, [], reason))
            call.out.note(f"{photo}: {describe(error, call.service.address)}")
            continue
        answers.append({"photo": photo} | as_dict(answer))
        found.append(Row(photo, list(answer.matches)))
        tell_unknown(call.out, answer, collection)
        tell_choice(call.out, photo, answer.faces_detected, answer.face)
        tell_faults(call.out, photo, answer.probe_faults)
    if call.out.as_json:
        call.out.json(answers)
    else:
        titles = ["photo", "user", "name", "similarity", *(["metadata"] if metadata else [])]
        call.out.table(titles, [row[: len(titles)] for row in _rows(found)])
    if draw:
        pictures = {row.photo: read_photo(row.photo) for row in found if not is_url(row.photo)}
        write_contact_sheet(draw, found, pictures, enrolled)
    if any(row.reason for row in found):
        return exits.SOME_NOT
    return exits.DONE if any(row.matches for row in found) else exits.ANSWER_IS_NO


def _rows(found: list[Row]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for row in found:
        if not row.matches:
            rows.append((row.photo, row.reason or "nobody", "", "", ""))
        rows.extend(
            (row.photo, each.user_id, each.name, each.similarity, json_of(each.metadata))
            for each in row.matches
        )
    return rows
