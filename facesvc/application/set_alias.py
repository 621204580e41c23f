"""Leading an alias to a collection."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.ports.gallery import Gallery
from facesvc.application.take_settings import take_settings
from facesvc.domain.collection_settings import NOTHING_SET, CollectionSettings


@dataclass(frozen=True)
class SetAlias:
    """Answers SetAlias."""

    gallery: Gallery

    def __call__(self, alias: str, collection: str, call: Call) -> None:
        """Let the alias lead to the collection from now on. One without settings takes those of
        the collection that the name meant before: callers of the name must not notice. Raises
        CollectionNotFoundError, StoreUnavailableError, InvalidFieldError when the alias is a
        collection's name.
        """
        before = self._settings_behind(alias)
        if before != NOTHING_SET and self.gallery.knows(collection):
            take_settings(self.gallery, collection, before, call)
        self.gallery.set_alias(alias, collection, call)

    def _settings_behind(self, name: str) -> CollectionSettings:
        """Return the settings of what a name means now, of another recognizer's collection those
        that mean the same for this one.
        """
        for info in self.gallery.list_collections():
            if name in info.aliases:
                return info.kept.settings
        for info in self.gallery.list_collections():
            if name == info.name and not info.served:
                return info.kept.settings.portable()
        return NOTHING_SET
