"""What a gallery in memory answers: users, samples, searches, sizes and its state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.application.ports.events import EventLog
from facesvc.domain.collection_settings import KeptSettings
from facesvc.domain.embedding import check_embedding, check_embeddings
from facesvc.domain.errors import CollectionNotFoundError, UserNotFoundError
from facesvc.domain.gallery import (
    CollectionInfo,
    EnrolledUser,
    GalleryStatus,
    SearchQuery,
    SearchResult,
    User,
    UserPage,
)
from facesvc.domain.metadata_filter import EVERYBODY, MetadataFilter
from facesvc.domain.page_token import read_token
from facesvc.domain.risk import GallerySize
from facesvc.gallery.searchable_copy import SearchableCopy
from facesvc.gallery.served_collection import ServedCollection
from facesvc.gallery.stores.port import GalleryStore

_EXPORT_USERS_AT_ONCE = 64


class IndexedReads:
    """The reading side of a gallery: the store's copy in memory, and the store for samples."""

    def __init__(self, store: GalleryStore, copy: SearchableCopy) -> None:
        self._store = store
        self._copy = copy

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

    def _seen(self, collection: str, call: Call, min_version: int) -> ServedCollection | None:
        name = self._copy.resolve(collection)
        if min_version > 0:
            self._store.wait_for(name, min_version, call)
        return self._copy.find(name)
