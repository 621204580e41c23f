"""Whom a command means: the option that chooses users, and names of collections."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from facesvc.cli.output import Output
from facesvc.domain.gallery import DEFAULT_COLLECTION

Where = Annotated[
    list[str] | None,
    typer.Option(
        help="Only users with this metadata, like department=Engineering; repeat it for more.",
        metavar="KEY=VALUE",
    ),
]


def tell_unknown(out: Output, answer: Any, collection: str) -> None:
    """Say so when an answer is empty because there is no such collection."""
    if answer.HasField("collection_known") and not answer.collection_known:
        out.note(f"There is no collection {collection or DEFAULT_COLLECTION}.")
