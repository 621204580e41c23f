"""``facesvc export`` and ``facesvc import``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facesvc.cli.archive import export_file, import_file
from facesvc.cli.command import Call
from facesvc.cli.connection import secret_in

Passphrase = Annotated[
    str | None,
    typer.Option(metavar="VARIABLE", help="Variable that holds the archive's passphrase."),
]
ArchiveFile = Annotated[Path, typer.Argument(help="The archive.")]


def export_gallery(
    call: Call,
    file: ArchiveFile,
    collection: Annotated[str, typer.Option(help="Else the service's default.")] = "",
    passphrase_env: Passphrase = None,
) -> int:
    """Write a collection into one file, encrypted if a passphrase is given."""
    passphrase = secret_in(passphrase_env, "passphrase")
    size = export_file(call, collection, file, passphrase)
    if call.out.as_json:
        call.out.json({"file": str(file), "bytes": size})
    else:
        call.out.line(f"{file}: {size} bytes")
    return 0


def import_gallery(
    call: Call,
    file: ArchiveFile,
    collection: Annotated[str, typer.Option(help="Else the archive's own.")] = "",
    passphrase_env: Passphrase = None,
) -> int:
    """Store the users of such a file; repeating an interrupted import stores nothing twice."""
    passphrase = secret_in(passphrase_env, "passphrase")
    users, samples = import_file(call, file, collection, passphrase)
    if call.out.as_json:
        call.out.json({"file": str(file), "users": users, "samples": samples})
    else:
        call.out.line(f"{users} users with {samples} samples imported")
    return 0
