"""Erasing what was deleted from the store's files."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.ports.gallery_admin import GalleryAdmin
from facesvc.domain.gallery import ErasureReceipt


@dataclass(frozen=True)
class EraseDeleted:
    """Answers EraseDeleted."""

    gallery: GalleryAdmin

    def __call__(self, call: Call) -> ErasureReceipt:
        """Return once nothing deleted before is left. Raises StoreUnavailableError."""
        return self.gallery.purge(call)
