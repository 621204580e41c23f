"""Reading the gallery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.application.ports.events import EventLog
from facesvc.domain.collection_settings import KeptSettings
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
from facesvc.domain.risk import GallerySize


class GalleryReader(Protocol):
    """Exact reads.

    ``min_version`` makes a read wait until it sees that version of the collection (0 = do
    not wait); StoreUnavailableError when that does not come within the call's deadline.
    """

    @property
    def events(self) -> EventLog | None:
        """The events of every write and of what is appended; None where none are kept."""
        ...

    def resolve(self, collection: str) -> str:
        """Return the collection's own name, of an alias or of itself; one that does not exist is
        its own. Raises ModelMismatchError.
        """
        ...

    def get(self, collection: str, user_id: str, call: Call, *, min_version: int = 0) -> User:
        """Return one user. Raises UserNotFoundError, which tells an unknown collection."""
        ...

    def enrolled(
        self, collection: str, user_id: str, call: Call, *, min_version: int = 0
    ) -> EnrolledUser:
        """Return one user with its samples, read from the store itself. They are at least as new
        as the user's version. Raises UserNotFoundError, StoreUnavailableError.
        """
        ...

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
        """Return users whom ``where`` chooses, in user_id order; the total counts those. The page
        of an unknown collection is empty and says so. Raises InvalidFieldError (field page_token).
        """
        ...

    def search(self, query: SearchQuery, call: Call) -> SearchResult:
        """Return, for each probe, at most top_k of the users whom the query's filter chooses and
        whose best sample reaches the threshold, best first, equal similarities by user_id. An
        unknown collection has no matches, and the result says that it is unknown.

        Where the gallery is spread over servers and one does not answer: StoreUnavailableError,
        or with allow_partial the matches of the others; a face on the missing one is not found.
        """
        ...

    def similarity(
        self,
        collection: str,
        user_id: str,
        probe: NDArray[np.float32],
        call: Call,
        *,
        min_version: int = 0,
    ) -> float:
        """Return the cosine to the user's best sample. Raises UserNotFoundError, as get does."""
        ...

    def knows(self, collection: str) -> bool:
        """Tell, without waiting, whether there is such a collection or alias."""
        ...

    def size(self, collection: str) -> GallerySize:
        """Return how many users and samples a collection has, without waiting; 0 of an unknown
        one.
        """
        ...

    def sizes(self) -> Mapping[str, GallerySize]:
        """Return the size of every collection served, without waiting."""
        ...

    def real_name(self, collection: str) -> str:
        """Return the name of the collection that an alias leads to, any other name as it is."""
        ...

    def settings(self, collection: str) -> KeptSettings:
        """Return what a collection decides for itself, without waiting; nothing of an unknown
        one. Another replica's change shows when its other writes do.
        """
        ...

    def list_collections(self) -> list[CollectionInfo]:
        """Return every collection, sorted by name."""
        ...

    def status(self) -> GalleryStatus:
        """Return counts and the store's state, without waiting."""
        ...
