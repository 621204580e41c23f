"""One process owns a gallery file."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from facesvc.gallery.stores.port import GalleryOpenError


class OwnerLock:
    """A lock on a file beside the gallery; the kernel frees it when the process dies.

    Never on the gallery itself: closing any descriptor of it would drop SQLite's own locks.
    """

    def __init__(self, gallery: Path) -> None:
        self._gallery = gallery
        self._path = gallery.with_name(gallery.name + ".lock")
        self._descriptor = -1

    def acquire(self) -> None:
        """Raise GalleryOpenError when another process has it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.read(descriptor, 32).decode(errors="replace").strip() or "another one"
            os.close(descriptor)
            raise GalleryOpenError(
                f"The gallery {self._gallery} is open in process {owner}. One process owns a"
                " gallery file; set REDIS_URL to share a gallery between processes.",
                owner=owner,
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Let the next process have it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
