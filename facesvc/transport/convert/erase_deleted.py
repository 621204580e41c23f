"""EraseDeleted."""

from __future__ import annotations

from facesvc.domain.gallery import ErasureReceipt
from facesvc.transport.convert.answers import timestamp
from facesvc.v1 import gallery_service_pb2 as pb


def to_response(receipt: ErasureReceipt) -> pb.EraseDeletedResponse:
    """Answer EraseDeleted."""
    return pb.EraseDeletedResponse(
        started_at=timestamp(receipt.started_at),
        completed_at=timestamp(receipt.completed_at),
        places=receipt.places,
    )
