"""``facesvc backup``: the gallery's file, while the service runs on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facesvc.bootstrap.backup import backup_gallery
from facesvc.cli.output import Output
from facesvc.settings import load_settings


def backup(
    out: Output,
    target: Annotated[Path, typer.Argument(help="New file; an existing one is refused.")],
) -> int:
    """Copy the file of GALLERY_PATH, also while the service runs on it."""
    made = backup_gallery(load_settings(), target)
    if out.as_json:
        out.json(
            {
                "file": str(target),
                "users": made.users,
                "samples": made.samples,
                "bytes": made.size_bytes,
            }
        )
    else:
        out.line(
            f"{target}: {made.users} users with {made.samples} samples,"
            f" {made.size_bytes} bytes, checked"
        )
    return 0
