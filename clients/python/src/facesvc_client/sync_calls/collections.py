"""Calls about collections and their aliases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Unpack

from facesvc_client import people_requests
from facesvc_client.people_requests import CollectionOptions
from facesvc_client.sync_calls.base import Calls
from facesvc_client.v1 import gallery_service_pb2 as gallery


class CollectionCalls(Calls):
    """Calls about collections and their aliases."""

    def collections(self) -> Iterator[gallery.Collection]:
        """Yield every collection, page by page."""
        token = ""
        while True:
            request = gallery.ListCollectionsRequest(page_token=token)
            page = self._call(
                gallery.ListCollectionsResponse, self.gallery.ListCollections, request
            )
            yield from page.collections
            token = page.next_page_token
            if not token:
                return

    def collection(
        self,
        collection: str = "",
        *,
        threshold: float | None = None,
        target_fpir: float | None = None,
    ) -> gallery.GetCollectionResponse:
        """Tell a collection's counts, settings and what they come to, or would with another
        threshold or target. Raises NotFoundError.
        """
        request = gallery.GetCollectionRequest(
            collection=collection, threshold=threshold, target_fpir=target_fpir
        )
        return self._call(gallery.GetCollectionResponse, self.gallery.GetCollection, request)

    def set_collection(
        self,
        collection: str = "",
        *,
        expected_version: int | None = None,
        **settings: Unpack[CollectionOptions],
    ) -> gallery.SetCollectionResponse:
        """Change the settings that are given, all at once; None is the server's default again.
        A collection that does not exist comes to be.
        """
        request = people_requests.set_collection(collection, expected_version, **settings)
        return self._call(gallery.SetCollectionResponse, self.gallery.SetCollection, request)

    def delete_collection(self, collection: str) -> gallery.DeleteCollectionResponse:
        """Remove a collection with everybody in it; an alias is not followed. Raises
        NotFoundError.
        """
        request = gallery.DeleteCollectionRequest(collection=collection)
        return self._call(gallery.DeleteCollectionResponse, self.gallery.DeleteCollection, request)

    def set_alias(self, alias: str, collection: str) -> gallery.SetAliasResponse:
        """Let an alias lead to a collection from now on. Raises NotFoundError."""
        request = gallery.SetAliasRequest(alias=alias, collection=collection)
        return self._call(gallery.SetAliasResponse, self.gallery.SetAlias, request)

    def delete_alias(self, alias: str) -> gallery.DeleteAliasResponse:
        """Forget an alias; the collection stays. Raises NotFoundError."""
        request = gallery.DeleteAliasRequest(alias=alias)
        return self._call(gallery.DeleteAliasResponse, self.gallery.DeleteAlias, request)

    def erase_deleted(self) -> gallery.EraseDeletedResponse:
        """Return once nothing that was deleted before is left in the store's files."""
        request = gallery.EraseDeletedRequest()
        return self._call(gallery.EraseDeletedResponse, self.gallery.EraseDeleted, request)
