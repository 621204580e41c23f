"""``facesvc gallery edit``, ``merge``, ``delete-sample`` and ``move-sample``."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer
from google.protobuf import json_format, struct_pb2
from google.protobuf.message import Message

from facesvc.cli import exits
from facesvc.cli.command import Call
from facesvc.cli.commands.gallery.people import Collection
from facesvc.cli.errors import UsageError
from facesvc.cli.output import as_dict
from facesvc.v1 import gallery_service_pb2 as pb

User = Annotated[str, typer.Argument(help="Whom.")]
Sample = Annotated[str, typer.Argument(help="Which, as `gallery show` tells it.")]
Expected = Annotated[
    int | None,
    typer.Option("--expected-version", min=0, help="Only if the user still has this version."),
]


def edit(
    call: Call,
    user: User,
    name: Annotated[
        str | None, typer.Option(help='Name to be shown from now on; "" for none.')
    ] = None,
    metadata: Annotated[
        str | None,
        typer.Option(help="JSON object in place of the earlier metadata, or @FILE that holds it."),
    ] = None,
    collection: Collection = "",
    expected_version: Expected = None,
) -> int:
    """Change a user's name or metadata."""
    given = {"name": name, "metadata": metadata}
    fields = [field for field, value in given.items() if value is not None]
    if not fields:
        raise UsageError("Give --name, --metadata or both.")
    request = pb.UpdateUserRequest(
        user_id=user,
        name=name or "",
        metadata=None if metadata is None else _struct(metadata),
        update_mask={"paths": fields},
        collection=collection,
        request_id=uuid.uuid4().hex,
        expected_version=expected_version,
    )
    receipt = call.service.gallery.UpdateUser(request)
    return _tell(call, receipt, f"{user}: {' and '.join(fields)} changed")


def merge(
    call: Call,
    user: Annotated[str, typer.Argument(help="Who stays, with name and metadata.")],
    source: Annotated[str, typer.Argument(help="Whose samples go there, and who is gone then.")],
    collection: Collection = "",
    expected_version: Expected = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> int:
    """Make all samples of another user this user's; the other is gone."""
    if not yes and not typer.confirm(f"Merge {source} into {user}?", err=True):
        raise UsageError("Nothing was merged.")
    request = pb.MergeUsersRequest(
        user_id=user,
        source_user_id=source,
        collection=collection,
        request_id=uuid.uuid4().hex,
        expected_version=expected_version,
    )
    receipt = call.service.gallery.MergeUsers(request)
    text = f"{user}: {receipt.samples_moved} samples of {source}, {receipt.samples} in all"
    return _tell(call, receipt, text)


def delete_sample(
    call: Call,
    user: User,
    sample: Sample,
    collection: Collection = "",
    expected_version: Expected = None,
) -> int:
    """Remove one sample of a user who has others."""
    request = pb.DeleteSampleRequest(
        user_id=user,
        sample_id=sample,
        collection=collection,
        request_id=uuid.uuid4().hex,
        expected_version=expected_version,
    )
    receipt = call.service.gallery.DeleteSample(request)
    return _tell(call, receipt, f"{user}: sample removed, {receipt.samples} left")


def move_sample(
    call: Call,
    user: User,
    sample: Sample,
    target: Annotated[str, typer.Argument(help="Who is to have it.")],
    create: Annotated[
        bool, typer.Option("--create", help="Make the target if there is no such user.")
    ] = False,
    collection: Collection = "",
    expected_version: Expected = None,
) -> int:
    """Make one sample of a user another user's."""
    request = pb.MoveSampleRequest(
        user_id=user,
        sample_id=sample,
        target_user_id=target,
        create_target=create,
        collection=collection,
        request_id=uuid.uuid4().hex,
        expected_version=expected_version,
    )
    receipt = call.service.gallery.MoveSample(request)
    return _tell(call, receipt, f"{target}: has the sample, {receipt.target_samples} in all")


def _tell(call: Call, receipt: Any, text: str) -> int:
    if call.out.as_json:
        message: Message = receipt
        call.out.json(as_dict(message))
    else:
        call.out.line(f"{text}, version {receipt.version}")
    return exits.DONE


def _struct(text: str) -> struct_pb2.Struct:
    """Read metadata. Raises UsageError, OSError."""
    source = Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text
    try:
        value = json.loads(source)
        if not isinstance(value, dict):
            raise TypeError
        return json_format.ParseDict(value, struct_pb2.Struct())
    except (ValueError, TypeError, json_format.ParseError):
        raise UsageError("--metadata must be a JSON object.") from None
