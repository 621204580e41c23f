"""``facesvc gallery delete`` and ``erase``."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Annotated

import grpc
import typer

from facesvc.cli import exits
from facesvc.cli.command import Call
from facesvc.cli.commands.gallery.people import PAGE_SIZE, Collection
from facesvc.cli.errors import UsageError, describe
from facesvc.cli.filters import Where
from facesvc.cli.output import as_dict
from facesvc.cli.paging import pages
from facesvc.v1 import gallery_service_pb2 as pb


def delete(
    call: Call,
    users: Annotated[list[str] | None, typer.Argument(help="Whom.", show_default=False)] = None,
    collection: Collection = "",
    where: Where = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell whom it would remove, and remove nobody.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --where: do not ask.")] = False,
) -> int:
    """Remove every sample of users; each gets a receipt."""
    if bool(users) == bool(where):
        raise UsageError("Name users, or choose them by --where.")
    if dry_run:
        return _tell(call, list(_meant(call, users, collection, where)))
    if where:
        return _delete_chosen(call, collection, where, yes=yes)
    return _delete_each(call, users or [], collection)


def _delete_each(call: Call, users: Sequence[str], collection: str) -> int:
    receipts, missing = [], 0
    for user in users:
        request = pb.DeleteEnrollmentRequest(user_id=user, collection=collection)
        try:
            receipt = call.service.gallery.DeleteEnrollment(request)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            missing += 1
            call.out.note(f"{user}: {describe(error, call.service.address)}")
            continue
        receipts.append(as_dict(receipt))
        if not call.out.as_json:
            call.out.line(
                f"{user}: {receipt.samples_removed} samples removed, version {receipt.version}"
            )
    if call.out.as_json:
        call.out.json(receipts)
    return exits.SOME_NOT if missing else exits.DONE


def _meant(
    call: Call, users: Sequence[str] | None, collection: str, where: Sequence[str] | None
) -> Iterator[str]:
    """Yield those who would be removed."""
    request = pb.DeleteUsersRequest(
        user_ids=users, collection=collection, where=where, dry_run=True, page_size=PAGE_SIZE
    )
    for page in pages(call.service.gallery.DeleteUsers, request):
        yield from page.user_ids


def _tell(call: Call, meant: list[str]) -> int:
    if call.out.as_json:
        call.out.json(meant)
    else:
        for user in meant:
            call.out.line(user)
        call.out.note(f"{len(meant)} users would be removed.")
    return exits.DONE if meant else exits.ANSWER_IS_NO


def _delete_chosen(call: Call, collection: str, where: Sequence[str], *, yes: bool) -> int:
    """Remove as many as a call may until nobody is left."""
    if not yes:
        meant = sum(1 for _ in _meant(call, None, collection, where))
        if not meant:
            return _tell(call, [])
        if not typer.confirm(f"Remove {meant} users?", err=True):
            raise UsageError("Nobody was removed.")
    removed: list[str] = []
    while True:
        answer = call.service.gallery.DeleteUsers(
            pb.DeleteUsersRequest(collection=collection, where=where, request_id=uuid.uuid4().hex)
        )
        removed += answer.user_ids
        if not call.out.as_json:
            for user in answer.user_ids:
                call.out.line(f"{user}: removed")
        if not answer.users_left or not answer.users_deleted:
            break
    if call.out.as_json:
        call.out.json(removed)
    return exits.DONE if removed else exits.ANSWER_IS_NO


def erase(call: Call) -> int:
    """Return once no byte of anything deleted before is left in the store's files."""
    receipt = call.service.gallery.EraseDeleted(pb.EraseDeletedRequest())
    if call.out.as_json:
        call.out.json(as_dict(receipt))
    else:
        call.out.line(
            f"Everything deleted before {receipt.started_at.ToJsonString()} is erased from"
            f" {', '.join(receipt.places)}."
        )
    return exits.DONE
