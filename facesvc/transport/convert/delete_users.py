"""DeleteUsers."""

from __future__ import annotations

from facesvc.application.delete_users import MOST_AT_ONCE, DeleteManyRequest, UsersDeleted
from facesvc.domain import limits
from facesvc.domain.errors import InvalidFieldError
from facesvc.transport.convert.requests import collection_of, request_id_of, where_of
from facesvc.v1 import gallery_service_pb2 as pb


def to_request(request: pb.DeleteUsersRequest) -> DeleteManyRequest:
    """Check every field of a deletion. Raises InvalidFieldError."""
    where = where_of(request)
    if bool(where) == bool(request.user_ids):
        raise InvalidFieldError(
            "Give exactly one of user_ids and where; DeleteCollection removes everybody.",
            field="user_ids",
        )
    if not request.dry_run and (request.page_size or request.page_token):
        field = "page_size" if request.page_size else "page_token"
        raise InvalidFieldError(f"{field} is for a dry run.", field=field)
    return DeleteManyRequest(
        user_ids=_user_ids(request),
        where=where,
        collection=collection_of(request),
        request_id=request_id_of(request),
        dry_run=request.dry_run,
        page_size=limits.page_size(request.page_size),
        page_token=request.page_token,
    )


def _user_ids(request: pb.DeleteUsersRequest) -> list[str]:
    if len(request.user_ids) > MOST_AT_ONCE:
        raise InvalidFieldError(
            f"user_ids has more than {MOST_AT_ONCE} items.",
            field="user_ids",
            items=len(request.user_ids),
            limit=MOST_AT_ONCE,
        )
    # In one form each, and once.
    found = [limits.user_id(one, f"user_ids[{at}]") for at, one in enumerate(request.user_ids)]
    return list(dict.fromkeys(found))


def to_response(deleted: UsersDeleted) -> pb.DeleteUsersResponse:
    """Answer DeleteUsers."""
    return pb.DeleteUsersResponse(
        users_deleted=deleted.users,
        samples_removed=deleted.samples,
        version=deleted.version,
        users_missing=deleted.missing,
        users_left=deleted.left,
        user_ids=deleted.user_ids,
        next_page_token=deleted.next_page_token,
    )
