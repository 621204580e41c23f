"""Backing up the gallery that the settings name."""

from __future__ import annotations

from pathlib import Path

from facesvc.gallery.stores.sqlite.backup import Backup, back_up
from facesvc.settings import Settings


class NoFileError(Exception):
    """The settings' gallery is in no file."""


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
