"""Changing a collection's settings: read, change, write unless somebody else did meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

from facesvc.application.call import Call
from facesvc.domain.collection_settings import KeptSettings, SettingsChange
from facesvc.domain.gallery_errors import SettingsConflictError

_TRIES = 20  # so many others in a row that are each just ahead do not happen


class SettingsStore(Protocol):
    """What keeps settings; see GalleryStore."""

    def kept_settings(self, collection: str, call: Call) -> KeptSettings:
        """Return the settings as they are in the store."""
        ...

    def put_settings(self, collection: str, kept: KeptSettings, call: Call) -> bool:
        """Keep settings whose version is the one after the store's."""
        ...


def change_settings(
    store: SettingsStore, collection: str, change: SettingsChange, call: Call
) -> KeptSettings:
    """Return the settings after the change; ``collection`` is a real name. A write that got no
    answer is found done at the next try. Raises SettingsConflictError, InvalidFieldError,
    StoreUnavailableError.
    """
    now = datetime.now(UTC)
    for _ in range(_TRIES):
        before = store.kept_settings(collection, call)
        after = before.changed(change.to, change.names, now)
        if after == before:
            return before
        if change.expected_version not in (None, before.version):
            break
        if store.put_settings(collection, after, call):
            return after
    raise SettingsConflictError(change.expected_version, before.version)
