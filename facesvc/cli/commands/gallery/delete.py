"""``facesvc gallery delete`` and ``erase``."""

from __future__ import annotations

from typing import Annotated

import grpc
import typer

from facesvc.cli import exits
from facesvc.cli.command import Call
from facesvc.cli.commands.gallery.people import Collection
from facesvc.cli.errors import describe
from facesvc.cli.output import as_dict
from facesvc.v1 import gallery_service_pb2 as pb


def delete(
    call: Call,
    users: Annotated[list[str], typer.Argument(help="Whom.")],
    collection: Collection = "",
) -> int:
    """Remove every sample of users; each gets a receipt."""
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
