"""``facesvc gallery alias``."""

from __future__ import annotations

from typing import Annotated

import typer

from facesvc.cli.command import Call
from facesvc.cli.errors import UsageError
from facesvc.cli.output import as_dict
from facesvc.v1 import gallery_service_pb2 as pb


def alias(
    call: Call,
    name: Annotated[str, typer.Argument(help="The alias.")],
    collection: Annotated[str, typer.Argument(help="Where it leads from now on.")] = "",
    forget: Annotated[bool, typer.Option("--forget", help="Forget the alias.")] = False,
) -> int:
    """Let a name lead to a collection, in one step, or forget it."""
    if forget == bool(collection):
        raise UsageError("Give a collection, or --forget.")
    if forget:
        call.service.gallery.DeleteAlias(pb.DeleteAliasRequest(alias=name))
        answer = {"alias": name, "collection": ""}
    else:
        request = pb.SetAliasRequest(alias=name, collection=collection)
        answer = as_dict(call.service.gallery.SetAlias(request))
    if call.out.as_json:
        call.out.json(answer)
    else:
        call.out.line(f"{name} leads to {collection}" if collection else f"{name}: forgotten")
    return 0
