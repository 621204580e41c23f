"""Changing what a collection decides for itself."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.call import Call
from facesvc.application.ports.gallery import Gallery
from facesvc.domain.collection_settings import KeptSettings, SettingsChange
from facesvc.domain.errors import InvalidFieldError
from facesvc.domain.operating_point import ThresholdRule


@dataclass(frozen=True)
class SetCollection:
    """Answers SetCollection."""

    gallery: Gallery
    thresholds: ThresholdRule

    def __call__(
        self, collection: str, change: SettingsChange, call: Call
    ) -> tuple[str, KeptSettings]:
        """Return the collection's real name, and its settings after the change. Raises
        InvalidFieldError, VersionConflictError, ModelMismatchError, StoreUnavailableError.
        """
        if change.to.target_fpir is not None and self.thresholds.impostors is None:
            raise InvalidFieldError(
                "target_fpir needs a calibration, which the model pack does not have.",
                field="settings.target_fpir",
            )
        kept = self.gallery.change_settings(collection, change, call)
        return self.gallery.real_name(collection), kept
