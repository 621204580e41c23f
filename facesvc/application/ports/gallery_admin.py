"""Whole collections: their names, their end, and moving them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from facesvc.application.call import Call
from facesvc.domain.collection_settings import KeptSettings, SettingsChange
from facesvc.domain.gallery import EnrolledUser, ErasureReceipt, WriteReceipt


class GalleryAdmin(Protocol):
    """What concerns whole collections, or all of them."""

    def delete_collection(self, collection: str, call: Call) -> WriteReceipt:
        """Remove a collection with all its users; an alias is not followed. Its version
        counter goes on, so that a version never means two things. Raises
        CollectionNotFoundError, StoreUnavailableError, InvalidFieldError when an alias of
        this recognizer still leads to it.
        """
        ...

    def change_settings(self, collection: str, change: SettingsChange, call: Call) -> KeptSettings:
        """Change what the collection decides for itself, durably and all at once; one that does
        not exist comes to be, empty. A change to what is so already is none, whichever version
        is expected. Raises VersionConflictError, StoreUnavailableError, InvalidFieldError.
        """
        ...

    def set_alias(self, alias: str, collection: str, call: Call) -> None:
        """Let the alias lead to the collection from now on, in one step. Aliases belong to the
        recognizer in use: services of another one have their own. Raises
        CollectionNotFoundError, InvalidFieldError when the alias is a served collection's name.
        """
        ...

    def delete_alias(self, alias: str, call: Call) -> None:
        """Forget an alias. Raises CollectionNotFoundError."""
        ...

    def export_users(
        self, collection: str, call: Call, *, after_user_id: str = ""
    ) -> Iterator[EnrolledUser]:
        """Yield users with their samples in user_id order. Writes go on meanwhile: a user
        changed during the export appears as it was at some moment of it.
        """
        ...

    def purge(self, call: Call) -> ErasureReceipt:
        """Return once no byte of anything deleted before is left in the store's files."""
        ...
