"""The port behind which a gallery keeps its truth, and what flows from it into the index.

A store is durable before it answers. It tells its sink of every write, its own and other
replicas', in the order of each collection's versions; the sink is the searchable copy in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from facesvc.application.call import Call
from facesvc.domain.gallery import Enrolment, Sample, User, WriteReceipt


@dataclass(frozen=True)
class Change:
    """One durable write.

    ``user`` is the user's record after the write, None when the write deleted the user.
    ``sample`` is the enrolled sample, None for a deletion. ``clears`` tells that the user's
    earlier samples are gone (mode REPLACE, or a deletion).
    """

    collection: str
    version: int
    user_id: str
    user: User | None
    sample: Sample | None
    clears: bool


class ChangeSink(Protocol):
    """The searchable copy. ``apply`` is called once a version, in order, by one thread a time."""

    def reset(
        self,
        users: Iterable[tuple[str, User]],
        samples: Iterable[Sample],
        versions: Mapping[str, int],
    ) -> None:
        """Replace everything: (collection, user) pairs, samples, and each collection's version."""
        ...

    def apply(self, change: Change) -> None:
        """Follow one write."""
        ...


@dataclass(frozen=True)
class StoreState:
    """``state`` is "ok" or "degraded"; ``staleness_s`` the age of the data when degraded."""

    state: str
    staleness_s: float = 0.0
    detail: str = ""


class GalleryStore(Protocol):
    """The owner of the truth: memory, SQLite or Redis. Thread-safe."""

    name: str

    def open(self, sink: ChangeSink) -> None:
        """Load everything into the sink and keep it current from now on.

        Raises ModelMismatchError when the stored embeddings are another recogniser's.
        """
        ...

    def enroll(self, enrolment: Enrolment, call: Call) -> WriteReceipt:
        """Store durably, tell the sink, then answer. Raises VersionConflictError,
        StoreUnavailableError.
        """
        ...

    def delete(
        self,
        collection: str,
        user_id: str,
        call: Call,
        *,
        request_id: str = "",
        expected_version: int | None = None,
    ) -> WriteReceipt:
        """Remove every sample of the user. Raises UserNotFoundError, VersionConflictError,
        StoreUnavailableError.
        """
        ...

    def wait_for(self, collection: str, version: int, call: Call) -> None:
        """Return once the sink has seen that version. Raises StoreUnavailableError."""
        ...

    def state(self) -> StoreState:
        """Return at once how the store is."""
        ...

    def close(self) -> None:
        """Release files, connections and threads."""
        ...
