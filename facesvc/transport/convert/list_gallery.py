"""ListGallery."""

from __future__ import annotations

from facesvc.application.list_gallery import ListRequest
from facesvc.domain import limits
from facesvc.domain.gallery import UserPage
from facesvc.transport.convert.answers import user_fields
from facesvc.transport.convert.fitting import fitting
from facesvc.transport.convert.requests import collection_of, where_of
from facesvc.v1 import gallery_service_pb2 as pb


def to_request(request: pb.ListGalleryRequest) -> ListRequest:
    """Check every field of a listing. Raises InvalidFieldError."""
    return ListRequest(
        page_size=limits.page_size(request.page_size),
        page_token=request.page_token,
        collection=collection_of(request),
        min_version=request.min_version,
        where=where_of(request),
    )


def to_response(page: UserPage) -> pb.ListGalleryResponse:
    """Answer ListGallery: the page ends early where it would be too large."""
    users = fitting(pb.EnrolledUser(**user_fields(user)) for user in page.users)
    page = page.cut(len(users))
    return pb.ListGalleryResponse(
        users=users,
        total=page.total,
        next_page_token=page.next_page_token,
        collection_known=page.known,
    )
