"""Removing many users: a list of them, or those whom a filter chooses."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from facesvc.application.call import Call
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.application.ports.gallery_writer import GalleryWriter
from facesvc.domain.errors import (
    CollectionNotFoundError,
    UserNotFoundError,
    VersionConflictError,
)
from facesvc.domain.gallery import DEFAULT_COLLECTION, Deletion, UserPage, WriteReceipt
from facesvc.domain.metadata_filter import EVERYBODY, MetadataFilter
from facesvc.domain.page_token import make_token, read_token

MOST_AT_ONCE = 1_000  # some 100 ms of a store, in which other writes wait


@dataclass(frozen=True)
class DeleteManyRequest:
    """What DeleteUsers is asked: ``user_ids``, each once, or those whom ``where`` chooses.
    ``page_size`` and ``page_token`` are a dry run's.
    """

    user_ids: Sequence[str] = ()
    where: MetadataFilter = EVERYBODY
    collection: str = DEFAULT_COLLECTION
    request_id: str = ""
    dry_run: bool = False
    page_size: int = 100
    page_token: str = ""


@dataclass(frozen=True)
class UsersDeleted:
    """``missing`` of the list are not enrolled, ``left`` whom the filter chooses are still there.
    ``version`` is of the last write, 0 for none; ``user_ids`` are who is gone, or of a dry run a
    page of those who would be.
    """

    users: int = 0
    samples: int = 0
    version: int = 0
    missing: int = 0
    left: int = 0
    user_ids: Sequence[str] = ()
    next_page_token: str = ""


class _Gallery(GalleryReader, GalleryWriter, Protocol):
    """What both needs."""


@dataclass(frozen=True)
class DeleteUsers:
    """Answers DeleteUsers. Each user is a write of its own."""

    gallery: _Gallery

    def __call__(self, request: DeleteManyRequest, call: Call) -> UsersDeleted:
        """Remove the users, or tell whom. Raises CollectionNotFoundError, InvalidFieldError (fields
        page_token, request_id), StoreUnavailableError.
        """
        if request.dry_run:
            return (
                self._tell_listed(request, call)
                if request.user_ids
                else (self._tell_chosen(request, call))
            )
        if request.user_ids:
            receipts = self._delete(request, dict.fromkeys(request.user_ids), call)
            missing = len(request.user_ids) - len(receipts)
            if not receipts:
                self._check_known(request)
            return _receipt(receipts, missing=missing)
        page = self._chosen(request, MOST_AT_ONCE, "", call)
        # One who is written meanwhile may not be chosen any more, and stays.
        versions = {user.user_id: user.version for user in page.users}
        receipts = self._delete(request, versions, call)
        return _receipt(receipts, left=self._chosen(request, 1, "", call).total)

    def _delete(
        self, request: DeleteManyRequest, versions: Mapping[str, int | None], call: Call
    ) -> dict[str, WriteReceipt]:
        """Return the receipts of those who are gone."""
        deletions = [
            Deletion(request.collection, user_id, _request_id(request, user_id), version)
            for user_id, version in versions.items()
        ]
        results = self.gallery.delete_many(deletions, call)
        receipts: dict[str, WriteReceipt] = {}
        for user_id, result in zip(versions, results, strict=True):
            if isinstance(result, WriteReceipt):
                receipts[user_id] = result
            elif not isinstance(result, (UserNotFoundError, VersionConflictError)):
                raise result
        return receipts

    def _tell_chosen(self, request: DeleteManyRequest, call: Call) -> UsersDeleted:
        page = self._chosen(request, request.page_size, request.page_token, call)
        return UsersDeleted(
            left=page.total,
            user_ids=[user.user_id for user in page.users],
            next_page_token=page.next_page_token,
        )

    def _tell_listed(self, request: DeleteManyRequest, call: Call) -> UsersDeleted:
        enrolled = sorted(one for one in request.user_ids if self._is_enrolled(request, one, call))
        if not enrolled:
            self._check_known(request)
        after = read_token(request.page_token)
        coming = [user_id for user_id in enrolled if user_id > after]
        page = coming[: request.page_size]
        return UsersDeleted(
            missing=len(request.user_ids) - len(enrolled),
            user_ids=page,
            next_page_token=make_token(page[-1]) if len(coming) > len(page) else "",
        )

    def _chosen(self, request: DeleteManyRequest, size: int, token: str, call: Call) -> UserPage:
        page = self.gallery.list_users(request.collection, size, token, call, where=request.where)
        if not page.known:
            raise CollectionNotFoundError(request.collection)
        return page

    def _check_known(self, request: DeleteManyRequest) -> None:
        if not self.gallery.knows(request.collection):
            raise CollectionNotFoundError(request.collection)

    def _is_enrolled(self, request: DeleteManyRequest, user_id: str, call: Call) -> bool:
        call.check()
        try:
            self.gallery.get(request.collection, user_id, call)
        except UserNotFoundError:
            return False
        return True


def _receipt(
    receipts: Mapping[str, WriteReceipt], *, missing: int = 0, left: int = 0
) -> UsersDeleted:
    return UsersDeleted(
        users=len(receipts),
        samples=sum(receipt.removed for receipt in receipts.values()),
        version=max((receipt.version for receipt in receipts.values()), default=0),
        missing=missing,
        left=left,
        user_ids=list(receipts),
    )


def _request_id(request: DeleteManyRequest, user_id: str) -> str:
    """Return the request_id of one user's deletion, which no caller can have chosen."""
    if not request.request_id:
        return ""
    digest = hashlib.sha256(f"{request.request_id}\n{user_id}".encode()).hexdigest()
    return f"\x00users:{digest}"
