"""One collection as its readers see it: the index's view and the directory in step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.gallery import Match, User
from facesvc.domain.risk import GallerySize
from facesvc.gallery.directory import Directory
from facesvc.gallery.index.port import IndexView

_TRIES = 100  # a search that meets a deletion starts again; this many in a row do not happen


@dataclass(frozen=True, slots=True)
class Published:
    """What one reference makes visible at once: the view and the user that the write changed."""

    view: IndexView
    version: int
    user_id: str = ""
    user: User | None = None


class ServedCollection:
    """Written by one thread a time. A reader takes ``published`` once and never waits.

    The directory follows right after; until then ``published`` itself knows the changed user,
    so that no two reads of one user can see a write and then not see it.
    """

    def __init__(self, view: IndexView, version: int, directory: Directory) -> None:
        self.published = Published(view, version)
        self.directory = directory

    @property
    def size(self) -> GallerySize:
        """How many users and samples there are."""
        return GallerySize(len(self.directory), self.published.view.samples)

    def publish(self, view: IndexView, version: int, user_id: str, user: User | None) -> None:
        """Show the write of one user."""
        self.published = Published(view, version, user_id, user)
        if user is None:
            self.directory.drop(user_id)
        else:
            self.directory.put(user)

    def user(self, user_id: str) -> User | None:
        """Return a user, None when there is none."""
        return self._user_as_of(self.published, user_id)

    def search(
        self, probes: NDArray[np.float32], top_k: int, threshold: float
    ) -> list[list[Match]]:
        """Return the matches of float32 (n, 512) probes."""
        for _ in range(_TRIES):
            found = self._search_once(probes, top_k, threshold)
            if found is not None:
                return found
        raise RuntimeError("The index and the directory of a collection disagree.")

    def similarity(self, user_id: str, probe: NDArray[np.float32]) -> float | None:
        """Return the cosine of the user's best sample, None when there is none."""
        return self.published.view.similarity(user_id, probe)

    def _search_once(
        self, probes: NDArray[np.float32], top_k: int, threshold: float
    ) -> list[list[Match]] | None:
        seen = self.published
        answers: list[list[Match]] = []
        for hits in seen.view.search(probes, top_k, threshold):
            matches: list[Match] = []
            for hit in hits:
                known = self._name_as_of(seen, hit.user_id)
                if known is None:
                    return None  # deleted meanwhile
                name, version = known
                if version > seen.version and self.published is not seen:
                    return None  # written meanwhile: its name is not this sample's
                matches.append(Match(hit.user_id, hit.similarity, name))
            answers.append(matches)
        return answers

    def _user_as_of(self, seen: Published, user_id: str) -> User | None:
        if user_id == seen.user_id:
            return seen.user
        return self.directory.get(user_id)

    def _name_as_of(self, seen: Published, user_id: str) -> tuple[str, int] | None:
        if user_id == seen.user_id:
            return (seen.user.name, seen.user.version) if seen.user else None
        return self.directory.name(user_id)
