"""UpdateUser."""

from __future__ import annotations

from facesvc.domain import limits
from facesvc.domain.errors import InvalidFieldError
from facesvc.domain.gallery import WriteReceipt
from facesvc.domain.gallery_edits import UserUpdate
from facesvc.transport.convert.requests import (
    collection_of,
    expected_version_of,
    metadata_of,
    request_id_of,
)
from facesvc.v1 import gallery_service_pb2 as pb

_FIELDS = frozenset({"name", "metadata"})


def to_edit(request: pb.UpdateUserRequest) -> UserUpdate:
    """Check every field of an update. Raises InvalidFieldError."""
    changed = _changed(request)
    name = limits.text(request.name, "name", limits.MAX_NAME_CHARS)
    metadata = limits.new_metadata(metadata_of(request))
    return UserUpdate(
        collection=collection_of(request),
        user_id=limits.user_id(request.user_id),
        name=name if "name" in changed else None,
        metadata=metadata if "metadata" in changed else None,
        request_id=request_id_of(request),
        expected_version=expected_version_of(request),
    )


def to_response(user_id: str, receipt: WriteReceipt) -> pb.UpdateUserResponse:
    """Answer UpdateUser."""
    return pb.UpdateUserResponse(user_id=user_id, version=receipt.version, samples=receipt.samples)


def _changed(request: pb.UpdateUserRequest) -> frozenset[str]:
    """Return the fields that change; those that are given where there is no mask."""
    named = frozenset(request.update_mask.paths)
    if not named:
        given = {"name": bool(request.name), "metadata": request.HasField("metadata")}
        named = frozenset(field for field, is_there in given.items() if is_there)
    if not named or not named <= _FIELDS:
        raise InvalidFieldError(
            "update_mask must name name, metadata or both, or these must be given.",
            field="update_mask",
        )
    return named
