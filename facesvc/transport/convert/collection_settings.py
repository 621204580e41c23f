"""The settings of collections, as requests and answers have them."""

from __future__ import annotations

from typing import Any

from google.protobuf import field_mask_pb2

from facesvc.domain.collection_settings import (
    SETTING_NAMES,
    CollectionSettings,
    KeptSettings,
)
from facesvc.domain.errors import InvalidFieldError
from facesvc.domain.settings_limits import checked
from facesvc.v1 import gallery_service_pb2 as pb

_EVERY = "*"
_SHOWN_PATH_CHARS = 64


def to_settings(given: pb.CollectionSettings) -> CollectionSettings:
    """Check every setting that is given. Raises InvalidFieldError."""
    values = {field.name: value for field, value in given.ListFields()}
    return checked(CollectionSettings(**values))


def names_of(mask: field_mask_pb2.FieldMask, given: pb.CollectionSettings) -> tuple[str, ...]:
    """Return the settings that a request changes. Raises InvalidFieldError."""
    if not mask.paths:
        return tuple(field.name for field, _ in given.ListFields())
    if _EVERY in mask.paths:
        return SETTING_NAMES
    for path in mask.paths:
        if path not in SETTING_NAMES:
            raise InvalidFieldError(
                f"update_mask names no setting of a collection; there are"
                f" {', '.join(SETTING_NAMES)}.",
                field="update_mask",
                path=path[:_SHOWN_PATH_CHARS],
            )
    return tuple(mask.paths)


def settings_fields(kept: KeptSettings) -> dict[str, Any]:
    """Return the fields that answers have for settings; the settings have the same names."""
    return {
        "settings": pb.CollectionSettings(**vars(kept.settings)),
        "settings_version": kept.version,
    }
