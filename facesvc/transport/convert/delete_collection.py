"""DeleteCollection."""

from __future__ import annotations

from facesvc.domain.gallery import WriteReceipt
from facesvc.v1 import gallery_service_pb2 as pb


def to_response(collection: str, receipt: WriteReceipt) -> pb.DeleteCollectionResponse:
    """Answer DeleteCollection."""
    return pb.DeleteCollectionResponse(
        collection=collection, samples_removed=receipt.removed, version=receipt.version
    )
