"""Forgetting an alias."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.ports.gallery_admin import GalleryAdmin


@dataclass(frozen=True)
class DeleteAlias:
    """Answers DeleteAlias."""

    gallery: GalleryAdmin

    def __call__(self, alias: str, call: Call) -> None:
        """Forget the alias. Raises CollectionNotFoundError, StoreUnavailableError."""
        self.gallery.delete_alias(alias, call)
