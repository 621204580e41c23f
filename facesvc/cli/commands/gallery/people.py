"""``facesvc gallery list`` and ``show``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import grpc
import typer

from facesvc.cli.command import Call
from facesvc.cli.commands.gallery import samples
from facesvc.cli.errors import reason_of_error
from facesvc.cli.filters import Where, tell_unknown
from facesvc.cli.output import as_dict, json_of
from facesvc.cli.paging import pages
from facesvc.v1 import gallery_service_pb2 as pb

Collection = Annotated[str, typer.Option(help="Else the service's default.")]
PAGE_SIZE = 200


def list_people(
    call: Call,
    collection: Collection = "",
    match: Annotated[
        str, typer.Option(help="Only who has this text in the id or name, in any case.")
    ] = "",
    where: Where = None,
) -> int:
    """List the users of a collection."""
    text = match.casefold()
    people = [
        user
        for user in users_of(call, collection, where)
        if text in user.user_id.casefold() or text in user.name.casefold()
    ]
    if call.out.as_json:
        call.out.json([as_dict(user) for user in people])
        return 0
    call.out.table(
        ["user", "name", "samples", "enrolled", "changed"],
        [
            (
                user.user_id,
                user.name,
                user.samples,
                f"{user.created_at.ToDatetime():%Y-%m-%d %H:%M}",
                f"{user.updated_at.ToDatetime():%Y-%m-%d %H:%M}",
            )
            for user in people
        ],
    )
    return 0


def show(
    call: Call,
    user: Annotated[str, typer.Argument(help="Whom.")],
    collection: Collection = "",
) -> int:
    """Tell what is known of a user and of each sample, never the embeddings."""
    request = pb.GetEnrollmentRequest(user_id=user, collection=collection, include_samples=True)
    try:
        found = call.service.gallery.GetEnrollment(request)
    except grpc.RpcError as error:
        if reason_of_error(error) != "STORE_UNAVAILABLE":
            raise
        call.out.note("The samples cannot be read now: the gallery's store is away.")
        request.include_samples = False
        found = call.service.gallery.GetEnrollment(request)
    if call.out.as_json:
        call.out.json(as_dict(found))
        return 0
    call.out.fields(
        [
            ("user", found.user_id),
            ("name", found.name),
            ("metadata", json_of(found.metadata)),
            ("samples", found.samples),
            ("enrolled", found.created_at.ToJsonString()),
            ("changed", found.updated_at.ToJsonString()),
            ("version", found.version),
        ]
    )
    if found.enrolled_samples:
        call.out.line("")
        samples.table(call.out, found.enrolled_samples)
    return 0


def users_of(
    call: Call, collection: str, where: Sequence[str] | None = None
) -> Iterator[pb.EnrolledUser]:
    """Yield the users of a collection whom a filter chooses, page by page. Raises grpc.RpcError."""
    request = pb.ListGalleryRequest(collection=collection, page_size=PAGE_SIZE, where=where)
    for page in pages(call.service.gallery.ListGallery, request):
        tell_unknown(call.out, page, collection)
        yield from page.users
