"""Leading an alias to a collection."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.ports.gallery_admin import GalleryAdmin


@dataclass(frozen=True)
class SetAlias:
    """Answers SetAlias."""

    gallery: GalleryAdmin

    def __call__(self, alias: str, collection: str, call: Call) -> None:
        """Let the alias lead to the collection from now on. Raises CollectionNotFoundError,
        StoreUnavailableError, InvalidFieldError when the alias is a collection's name.
        """
        self.gallery.set_alias(alias, collection, call)
