"""``facesvc audit``: who changed or took what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facesvc.audit.reading import Wanted, hash_for, read_entries
from facesvc.cli import exits
from facesvc.cli.errors import UsageError
from facesvc.cli.output import Output
from facesvc.settings import load_settings

_COLUMNS = (
    "time",
    "call",
    "outcome",
    "key",
    "endpoint",
    "peer",
    "collection",
    "user",
    "other_user",
    "version",
)


def audit(
    out: Output,
    file: Annotated[
        Path | None, typer.Argument(help="Audit file; else AUDIT_FILE.", show_default=False)
    ] = None,
    user: Annotated[str, typer.Option(help="Entries about this user_id.")] = "",
    call: Annotated[str, typer.Option(help="Such as Enroll, DeleteEnrollment.")] = "",
    outcome: Annotated[str, typer.Option(help="ok, or a reason such as UNAUTHENTICATED.")] = "",
    key: Annotated[str, typer.Option(help="Name of the API key.")] = "",
    collection: Annotated[str, typer.Option(help="Name of the collection.")] = "",
    since: Annotated[str, typer.Option(help="2026-01-31, or with a time, in UTC.")] = "",
    until: Annotated[str, typer.Option(help="Before this moment, in UTC.")] = "",
) -> int:
    """Show the audit file's entries, newest last; exit status 4 when there are none."""
    settings = load_settings()
    path = file or settings.audit_file
    if path is None:
        raise UsageError("Name the audit file, or set AUDIT_FILE.")
    secret = settings.audit_key.get_secret_value().encode()
    hashed = hash_for(path, user, secret) if user else ""
    wanted = Wanted(call, outcome, key, collection, hashed, since, until)
    entries = list(read_entries(path, wanted))
    if out.as_json:
        out.json(entries)
    else:
        out.table(_COLUMNS, [[entry.get(name, "") for name in _COLUMNS] for entry in entries])
    return exits.DONE if entries else exits.ANSWER_IS_NO
