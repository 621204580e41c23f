"""ListCollections."""

from __future__ import annotations

from facesvc.domain.gallery import CollectionInfo
from facesvc.v1 import gallery_service_pb2 as pb


def to_response(collections: list[CollectionInfo]) -> pb.ListCollectionsResponse:
    """Answer ListCollections."""
    return pb.ListCollectionsResponse(
        collections=[
            pb.Collection(
                collection=each.name,
                recognizer=each.recognizer,
                version=each.version,
                users=each.users,
                samples=each.samples,
                aliases=each.aliases,
                served=each.served,
            )
            for each in collections
        ]
    )
