"""ListCollections."""

from __future__ import annotations

from facesvc.domain.gallery import CollectionInfo
from facesvc.domain.page_token import make_token
from facesvc.transport.convert.collection_settings import settings_fields
from facesvc.transport.convert.fitting import fitting
from facesvc.v1 import gallery_service_pb2 as pb


def to_response(collections: list[CollectionInfo]) -> pb.ListCollectionsResponse:
    """Answer ListCollections: the page ends early where it would be too large."""
    page = fitting(map(_to_collection, collections))
    more = len(page) < len(collections)
    return pb.ListCollectionsResponse(
        collections=page, next_page_token=make_token(page[-1].collection) if more else ""
    )


def _to_collection(info: CollectionInfo) -> pb.Collection:
    return pb.Collection(
        collection=info.name,
        recognizer=info.recognizer,
        version=info.version,
        users=info.users,
        samples=info.samples,
        aliases=info.aliases,
        served=info.served,
        **settings_fields(info.kept),
    )
