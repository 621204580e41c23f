"""``facesvc gallery reembed``: the photos anew, by the recognizer that the service has now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facesvc.cli.command import Call
from facesvc.cli.commands.enroll import Results, Source, status_of, tell
from facesvc.cli.enrolment.bulk import EnrollOptions
from facesvc.cli.enrolment.photos import read_photo_list
from facesvc.cli.enrolment.run import enroll_photos
from facesvc.v1 import gallery_service_pb2 as pb


def reembed(
    call: Call,
    photos: Source,
    into: Annotated[str, typer.Option(help="New collection that they go into.")],
    alias: Annotated[
        str, typer.Option(help="Name that leads to it once every photo is enrolled.")
    ] = "",
    results: Results = Path("reembed-results.jsonl"),
) -> int:
    """Enrol the photos anew, after a change of the recognizer."""
    options = EnrollOptions(into, replace=True, check_liveness=False, check_duplicate=False)
    account = enroll_photos(call, read_photo_list(photos), options, results)
    if alias and account.complete:
        call.service.gallery.SetAlias(pb.SetAliasRequest(alias=alias, collection=into))
    tell(call.out, account, results)
    if alias and not account.complete:
        call.out.note("The alias was not set: see to these photos and run it again.")
    return status_of(account)
