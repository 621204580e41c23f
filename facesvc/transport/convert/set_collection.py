"""SetCollection."""

from __future__ import annotations

from facesvc.domain.collection_settings import KeptSettings, SettingsChange
from facesvc.domain.errors import InvalidFieldError
from facesvc.transport.convert.collection_settings import names_of, settings_fields, to_settings
from facesvc.v1 import gallery_service_pb2 as pb


def to_change(request: pb.SetCollectionRequest) -> SettingsChange:
    """Check every field of a change. Raises InvalidFieldError."""
    names = names_of(request.update_mask, request.settings)
    settings = to_settings(request.settings)
    left_out = [field.name for field, _ in request.settings.ListFields() if field.name not in names]
    if left_out:
        raise InvalidFieldError(
            f"settings.{left_out[0]} has a value that update_mask leaves out.",
            field=f"settings.{left_out[0]}",
        )
    expected = request.expected_settings_version
    given = request.HasField("expected_settings_version")
    return SettingsChange(settings, names, expected if given else None)


def to_response(collection: str, kept: KeptSettings) -> pb.SetCollectionResponse:
    """Answer SetCollection."""
    return pb.SetCollectionResponse(collection=collection, **settings_fields(kept))
