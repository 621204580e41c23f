"""The gallery: any store, with an index and a directory in memory that follow it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.application.ports.events import EventLog
from facesvc.domain.collection_settings import KeptSettings, SettingsChange
from facesvc.domain.embedding import check_embedding, check_embeddings
from facesvc.domain.errors import (
    CollectionNotFoundError,
    FaceError,
    UserNotFoundError,
)
from facesvc.domain.gallery import (
    CollectionInfo,
    Deletion,
    EnrolledUser,
    Enrolment,
    ErasureReceipt,
    GalleryStatus,
    SearchQuery,
    SearchResult,
    User,
    UserPage,
    WriteReceipt,
)
from facesvc.domain.gallery_edits import GalleryEdit
from facesvc.domain.gallery_errors import AliasIsCollectionError, CollectionHasAliasesError
from facesvc.domain.metadata_filter import EVERYBODY, MetadataFilter
from facesvc.domain.page_token import read_token
from facesvc.domain.risk import GallerySize
from facesvc.gallery.index.exact import ExactIndex
from facesvc.gallery.index.port import FaceIndex
from facesvc.gallery.searchable_copy import SearchableCopy
from facesvc.gallery.served_collection import ServedCollection
from facesvc.gallery.settings_change import change_settings
from facesvc.gallery.stores.port import GalleryStore

_EXPORT_USERS_AT_ONCE = 64


class IndexedGallery:
    """The application's Gallery.

    ``open`` loads the store; writes go to the store, which answers when they are durable and
    visible here; reads never leave memory, except export_users.
    """

    def __init__(self, store: GalleryStore, index: FaceIndex | None = None) -> None:
        self._store = store
        self._copy = SearchableCopy(index or ExactIndex(), store.recognizer)

    def open(self) -> None:
        """Load the store. Raises ModelMismatchError, StoreUnavailableError."""
        self._store.open(self._copy)

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    # Writes

    def enroll(self, enrolment: Enrolment, call: Call) -> WriteReceipt:
        """See Gallery. Raises InvalidEmbeddingError, a fault of the service."""
        return self._store.enroll(self._prepared(enrolment), call)

    def enroll_many(
        self, enrolments: Sequence[Enrolment], call: Call
    ) -> list[WriteReceipt | FaceError]:
        """See Gallery. Raises InvalidEmbeddingError before anything is stored."""
        results: list[WriteReceipt | FaceError | None] = []
        ready: list[Enrolment] = []
        for enrolment in enrolments:
            try:
                ready.append(self._prepared(enrolment))
                results.append(None)
            except FaceError as error:
                results.append(error)
        stored = iter(self._store.enroll_many(ready, call))
        return [next(stored) if result is None else result for result in results]

    def delete(
        self,
        collection: str,
        user_id: str,
        call: Call,
        *,
        request_id: str = "",
        expected_version: int | None = None,
    ) -> WriteReceipt:
        """See Gallery."""
        name = self._copy.resolve(collection)
        try:
            return self._store.delete(
                name, user_id, call, request_id=request_id, expected_version=expected_version
            )
        except UserNotFoundError:
            raise self._not_found(self._copy.find(name), collection, user_id) from None

    def delete_many(
        self, deletions: Sequence[Deletion], call: Call
    ) -> list[WriteReceipt | FaceError]:
        """See Gallery."""
        ready = [replace(one, collection=self._copy.resolve(one.collection)) for one in deletions]
        return self._store.delete_many(ready, call)

    def edit(self, edit: GalleryEdit, call: Call) -> WriteReceipt:
        """See Gallery."""
        name = self._copy.resolve(edit.collection)
        try:
            return self._store.edit(replace(edit, collection=name), call)
        except UserNotFoundError as error:
            user_id = error.metadata["user_id"]
            raise self._not_found(self._copy.find(name), edit.collection, user_id) from None

    def delete_collection(self, collection: str, call: Call) -> WriteReceipt:
        """See Gallery."""
        aliases = sorted(a for a, to in self._copy.aliases.items() if to == collection)
        if aliases:
            raise CollectionHasAliasesError(aliases)
        return self._store.delete_collection(collection, call)

    def change_settings(self, collection: str, change: SettingsChange, call: Call) -> KeptSettings:
        """See Gallery."""
        return change_settings(self._store, self._copy.resolve(collection), change, call)

    def set_alias(self, alias: str, collection: str, call: Call) -> None:
        """See Gallery."""
        target = self._copy.resolve(collection)
        if self._copy.find(target) is None:
            raise CollectionNotFoundError(collection)
        if self._copy.find(alias) is not None:
            raise AliasIsCollectionError(alias)
        self._store.set_alias(alias, target, call)

    def delete_alias(self, alias: str, call: Call) -> None:
        """See Gallery."""
        if alias not in self._copy.aliases:
            raise CollectionNotFoundError(alias)
        self._store.set_alias(alias, "", call)

    def mark_seen(self, collection: str, seen: Mapping[str, datetime], call: Call) -> None:
        """See GalleryRetention."""
        self._store.mark_seen(self._copy.resolve(collection), seen, call)

    def last_seen(
        self, collection: str, user_ids: Sequence[str], call: Call
    ) -> dict[str, datetime]:
        """See GalleryRetention."""
        return self._store.last_seen(self._copy.resolve(collection), user_ids, call)

    def take_lease(self, task: str, holder: str, seconds: float, call: Call) -> bool:
        """See GalleryRetention."""
        return self._store.take_lease(task, holder, seconds, call)

    def purge(self, call: Call) -> ErasureReceipt:
        """See Gallery."""
        return self._store.purge(call)

    # Reads

    @property
    def events(self) -> EventLog | None:
        """See GalleryReader."""
        return self._store.events

    def resolve(self, collection: str) -> str:
        """See GalleryReader."""
        return self._copy.resolve(collection)

    def get(self, collection: str, user_id: str, call: Call, *, min_version: int = 0) -> User:
        """See Gallery."""
        served = self._seen(collection, call, min_version)
        user = served.user(user_id) if served else None
        if user is None:
            raise self._not_found(served, collection, user_id)
        return user

    def knows(self, collection: str) -> bool:
        """See Gallery."""
        return self._copy.find(self._copy.resolve(collection)) is not None

    def enrolled(
        self, collection: str, user_id: str, call: Call, *, min_version: int = 0
    ) -> EnrolledUser:
        """See Gallery."""
        user = self.get(collection, user_id, call, min_version=min_version)
        samples = self._store.samples(self._copy.resolve(collection), [user_id], call)
        if not samples:
            raise UserNotFoundError(user_id)  # deleted meanwhile
        return EnrolledUser(replace(user, samples=len(samples)), tuple(samples))

    def size(self, collection: str) -> GallerySize:
        """See Gallery."""
        served = self._copy.find(self._copy.resolve(collection))
        return GallerySize(0, 0) if served is None else served.size

    def sizes(self) -> Mapping[str, GallerySize]:
        """See Gallery."""
        return self._copy.sizes()

    def real_name(self, collection: str) -> str:
        """See Gallery."""
        return self._copy.resolve(collection)

    def settings(self, collection: str) -> KeptSettings:
        """See Gallery."""
        return self._copy.settings(self._copy.resolve(collection))

    def list_users(
        self,
        collection: str,
        page_size: int,
        page_token: str,
        call: Call,
        *,
        min_version: int = 0,
        where: MetadataFilter = EVERYBODY,
    ) -> UserPage:
        """See Gallery."""
        served = self._seen(collection, call, min_version)
        if served is None:
            read_token(page_token)
            return UserPage([], 0, "", known=False)
        return served.directory.page(page_size, page_token, where)

    def search(self, query: SearchQuery, call: Call) -> SearchResult:
        """See GalleryReader: memory is here or not at all."""
        checked = replace(query, probes=check_embeddings(query.probes))
        served = self._seen(query.collection, call, query.min_version)
        if served is None:
            return SearchResult([[] for _ in checked.probes], known=False)
        return SearchResult(served.search(checked))

    def similarity(
        self,
        collection: str,
        user_id: str,
        probe: NDArray[np.float32],
        call: Call,
        *,
        min_version: int = 0,
    ) -> float:
        """See Gallery."""
        checked = check_embedding(probe)
        served = self._seen(collection, call, min_version)
        similarity = served.similarity(user_id, checked) if served else None
        if similarity is None:
            raise self._not_found(served, collection, user_id)
        return similarity

    def export_users(
        self, collection: str, call: Call, *, after_user_id: str = ""
    ) -> Iterator[EnrolledUser]:
        """See Gallery."""
        name = self._copy.resolve(collection)
        served = self._copy.find(name)
        if served is None:
            raise CollectionNotFoundError(collection)
        for users in served.directory.walk(after_user_id, _EXPORT_USERS_AT_ONCE):
            call.check()
            samples = self._store.samples(name, [user.user_id for user in users], call)
            known = {user.user_id: user for user in users}
            for user_id, of_user in groupby(samples, key=lambda sample: sample.user_id):
                yield EnrolledUser(known[user_id], tuple(of_user))

    def list_collections(self) -> list[CollectionInfo]:
        """See Gallery."""
        return self._copy.infos()

    def status(self) -> GalleryStatus:
        """See Gallery."""
        state = self._store.state()
        served = self._copy.all()
        return GalleryStatus(
            store=self._store.name,
            state=state.state,
            collections=len(served),
            users=sum(len(one.directory) for one in served),
            samples=sum(one.published.view.samples for one in served),
            staleness_s=state.staleness_s,
            detail=state.detail,
        )

    @staticmethod
    def _not_found(
        served: ServedCollection | None, collection: str, user_id: str
    ) -> UserNotFoundError:
        return UserNotFoundError(user_id, "" if served else collection)

    def _prepared(self, enrolment: Enrolment) -> Enrolment:
        return replace(
            enrolment,
            collection=self._copy.resolve(enrolment.collection),
            embedding=check_embedding(enrolment.embedding),
        )

    def _seen(self, collection: str, call: Call, min_version: int) -> ServedCollection | None:
        name = self._copy.resolve(collection)
        if min_version > 0:
            self._store.wait_for(name, min_version, call)
        return self._copy.find(name)
