"""One collection as its readers see it: the index's view and the directory in step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.gallery import Match, SearchQuery, User
from facesvc.domain.metadata_filter import MetadataFilter
from facesvc.domain.risk import GallerySize
from facesvc.gallery.directory import Directory
from facesvc.gallery.index.port import Hit, IndexView

# How many of the nearest users a filtered search looks at before it asks who is chosen at all.
_DEPTH, _LEAST_DEPTH = 8, 64
_TRIES = 100  # a search that meets a deletion starts again; this many in a row do not happen


@dataclass(frozen=True, slots=True)
class Published:
    """What one reference makes visible at once: the view and the users that the write changed,
    None for one that is gone.
    """

    view: IndexView
    version: int
    users: Mapping[str, User | None] = field(default_factory=dict)


class ServedCollection:
    """Written by one thread a time. A reader takes ``published`` once and never waits.

    The directory follows right after; until then ``published`` itself knows the changed users,
    so that no two reads of one user can see a write and then not see it.
    """

    def __init__(self, view: IndexView, version: int, directory: Directory) -> None:
        self.published = Published(view, version)
        self.directory = directory

    @property
    def size(self) -> GallerySize:
        """How many users and samples there are."""
        return GallerySize(len(self.directory), self.published.view.samples)

    def publish(self, view: IndexView, version: int, users: Mapping[str, User | None]) -> None:
        """Show a write, which left these users so."""
        self.published = Published(view, version, users)
        for user_id, user in users.items():
            if user is None:
                self.directory.drop(user_id)
            else:
                self.directory.put(user)

    def user(self, user_id: str) -> User | None:
        """Return a user, None when there is none."""
        return self._user_as_of(self.published, user_id)

    def search(self, query: SearchQuery) -> list[list[Match]]:
        """Return the matches of each probe."""
        for _ in range(_TRIES):
            found = self._search_once(query)
            if found is not None:
                return found
        raise RuntimeError("The index and the directory of a collection disagree.")

    def similarity(self, user_id: str, probe: NDArray[np.float32]) -> float | None:
        """Return the cosine of the user's best sample, None when there is none."""
        return self.published.view.similarity(user_id, probe)

    def _search_once(self, query: SearchQuery) -> list[list[Match]] | None:
        seen = self.published
        found = (
            self._chosen_hits(seen, query)
            if query.where
            else seen.view.search(query.probes, query.top_k, query.threshold)
        )
        answers: list[list[Match]] = []
        for hits in found:
            matches: list[Match] = []
            for hit in hits:
                known = self._told_as_of(seen, hit.user_id, query.with_metadata)
                if known is None:
                    return None  # deleted meanwhile
                name, version, metadata = known
                if version > seen.version and self.published is not seen:
                    return None  # written meanwhile: its name is not this sample's
                matches.append(Match(hit.user_id, hit.similarity, name, metadata=metadata))
            answers.append(matches)
        return answers

    def _user_as_of(self, seen: Published, user_id: str) -> User | None:
        if user_id in seen.users:
            return seen.users[user_id]
        return self.directory.get(user_id)

    def _chosen_hits(self, seen: Published, query: SearchQuery) -> list[list[Hit]]:
        """Look at the nearest users first, of whom enough are chosen as a rule; else find out who
        is chosen and search those.
        """
        depth = max(_LEAST_DEPTH, _DEPTH * query.top_k)
        nearest = seen.view.search(query.probes, depth, query.threshold)
        chosen = [[hit for hit in hits if self._fits(seen, hit, query.where)] for hits in nearest]
        if all(
            len(hits) < depth or len(of_probe) >= query.top_k
            for hits, of_probe in zip(nearest, chosen, strict=True)
        ):
            return [of_probe[: query.top_k] for of_probe in chosen]
        users = self._matching(seen, query.where)
        return seen.view.search(query.probes, query.top_k, query.threshold, users)

    def _fits(self, seen: Published, hit: Hit, where: MetadataFilter) -> bool:
        user = self._user_as_of(seen, hit.user_id)
        # One who is gone makes the search start again.
        return user is None or where.matches(user.metadata)

    def _matching(self, seen: Published, where: MetadataFilter) -> set[str]:
        users = self.directory.matching(where)
        for user_id, user in seen.users.items():
            if user is not None and where.matches(user.metadata):
                users.add(user_id)
            else:
                users.discard(user_id)
        return users

    def _told_as_of(
        self, seen: Published, user_id: str, with_metadata: bool
    ) -> tuple[str, int, Mapping[str, Any] | None] | None:
        """Return a user's name, version and, where asked for, metadata."""
        if with_metadata or user_id in seen.users:
            user = self._user_as_of(seen, user_id)
            if user is None:
                return None
            return user.name, user.version, user.metadata if with_metadata else None
        known = self.directory.name(user_id)
        return None if known is None else (*known, None)
