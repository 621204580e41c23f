"""The gallery: any store, with an index and a directory in memory that follow it.

This module writes; what reads is in indexed_reads.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from facesvc.application.call import Call
from facesvc.domain.collection_settings import KeptSettings, SettingsChange
from facesvc.domain.embedding import check_embedding
from facesvc.domain.errors import CollectionNotFoundError, FaceError, UserNotFoundError
from facesvc.domain.gallery import Deletion, Enrolment, ErasureReceipt, WriteReceipt
from facesvc.domain.gallery_edits import GalleryEdit
from facesvc.domain.gallery_errors import AliasIsCollectionError, CollectionHasAliasesError
from facesvc.gallery.index.exact import ExactIndex
from facesvc.gallery.index.port import FaceIndex
from facesvc.gallery.indexed_reads import IndexedReads
from facesvc.gallery.searchable_copy import SearchableCopy
from facesvc.gallery.settings_change import change_settings
from facesvc.gallery.stores.port import GalleryStore


class IndexedGallery(IndexedReads):
    """The application's Gallery.

    ``open`` loads the store; writes go to the store, which answers when they are durable and
    visible here; reads never leave memory, except those of samples.
    """

    def __init__(self, store: GalleryStore, index: FaceIndex | None = None) -> None:
        super().__init__(store, SearchableCopy(index or ExactIndex(), store.recognizer))

    def open(self) -> None:
        """Load the store. Raises ModelMismatchError, StoreUnavailableError."""
        self._store.open(self._copy)

    def close(self) -> None:
        """Close the store."""
        self._store.close()

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

    def _prepared(self, enrolment: Enrolment) -> Enrolment:
        return replace(
            enrolment,
            collection=self._copy.resolve(enrolment.collection),
            embedding=check_embedding(enrolment.embedding),
        )
