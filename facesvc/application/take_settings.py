"""Settings that come with people: from an archive, or from the collection that an alias led to."""

from __future__ import annotations

from facesvc.application.call import Call
from facesvc.application.ports.gallery import Gallery
from facesvc.domain.collection_settings import (
    NOTHING_SET,
    CollectionSettings,
    SettingsChange,
    set_values,
)
from facesvc.domain.errors import VersionConflictError


def take_settings(
    gallery: Gallery, collection: str, settings: CollectionSettings, call: Call
) -> None:
    """Give a collection these settings unless it has had some of its own. Raises
    ModelMismatchError, StoreUnavailableError.
    """
    if settings == NOTHING_SET or gallery.settings(collection).version:
        return
    change = SettingsChange(settings, tuple(set_values(settings)), 0)
    try:
        gallery.change_settings(collection, change, call)
    except VersionConflictError:
        return  # somebody gave it some at this moment
