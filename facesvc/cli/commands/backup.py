"""``facesvc backup``: the gallery's file, while the service runs on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facesvc.cli.output import Output
from facesvc.gallery.stores.sqlite.backup import Backup, back_up
from facesvc.settings import Settings, load_settings


class NoFileError(Exception):
    """The settings' gallery is in no file."""


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


def backup_gallery(settings: Settings, target: Path) -> Backup:
    """Back up the file of GALLERY_PATH. Raises NoFileError, StoreUnavailableError, OSError."""
    if settings.redis_url.get_secret_value():
        raise NoFileError(
            "REDIS_URL is set: the gallery is in Redis. Back up Redis itself (its RDB or AOF"
            " file), or write one collection to a file with facesvc export."
        )
    if settings.gallery_path == ":memory:":
        raise NoFileError("GALLERY_PATH is :memory:, which keeps nothing to back up.")
    return back_up(Path(settings.gallery_path), target)
