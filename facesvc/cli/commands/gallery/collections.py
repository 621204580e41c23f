"""``facesvc gallery collections`` and ``drop``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from facesvc.cli.command import Call
from facesvc.cli.errors import UsageError
from facesvc.cli.output import as_dict
from facesvc.cli.paging import pages
from facesvc.v1 import gallery_service_pb2 as pb


def list_collections(call: Call) -> int:
    """List the collections and their aliases."""
    found = list(_collections(call))
    if call.out.as_json:
        call.out.json([as_dict(each) for each in found])
        return 0
    call.out.table(
        ["collection", "users", "samples", "aliases", "served", "recognizer"],
        [
            (
                each.collection,
                each.users,
                each.samples,
                ", ".join(each.aliases),
                each.served,
                each.recognizer,
            )
            for each in found
        ],
    )
    return 0


def _collections(call: Call) -> Iterator[pb.Collection]:
    request = pb.ListCollectionsRequest()
    for page in pages(call.service.gallery.ListCollections, request):
        yield from page.collections


def drop(
    call: Call,
    collection: Annotated[str, typer.Argument(help="Which.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> int:
    """Remove a collection with everybody in it."""
    if not yes and not typer.confirm(f"Remove {collection} with everybody in it?", err=True):
        raise UsageError("Nothing was removed.")
    receipt = call.service.gallery.DeleteCollection(
        pb.DeleteCollectionRequest(collection=collection)
    )
    if call.out.as_json:
        call.out.json(as_dict(receipt))
    else:
        call.out.line(f"{collection}: {receipt.samples_removed} samples removed")
    return 0
