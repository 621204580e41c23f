"""The port behind which a gallery keeps its truth, and what flows from it into the index.

A store is durable before it answers. It tells its sink of every write, its own and other
replicas', in the order of each collection's versions; the sink is the searchable copy in memory.

Collections: each is bound to the recognizer of its first enrolment. A store serves those of its
own recognizer; of another's it tells the sink only the names (``Catalog.foreign``). Names that
reach a store are real ones: the gallery has resolved aliases before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.application.ports.events import EventLog
from facesvc.domain.collection_settings import KeptSettings
from facesvc.domain.errors import FaceError, StoreUnavailableError
from facesvc.domain.gallery import Deletion, Enrolment, ErasureReceipt, Sample, User, WriteReceipt
from facesvc.domain.gallery_edits import GalleryEdit


def receipt_of(outcome: WriteReceipt | FaceError) -> WriteReceipt:
    """Return the receipt of one write of a batch, or raise its error."""
    if isinstance(outcome, FaceError):
        raise outcome
    return outcome


class GalleryOpenError(StoreUnavailableError):
    """The gallery cannot be opened, copied or brought up to date. The text is the operator's: no
    call is answered with it.
    """


@dataclass(frozen=True)
class Change:
    """One durable write.

    ``user`` is the user's record after the write, None when the write deleted the user.
    ``sample`` is the enrolled sample, None for a deletion. ``clears`` tells that the user's
    earlier samples are gone (mode REPLACE, or a deletion); without either only the record and
    the version count, since a later state of the user was shown before. An empty ``user_id``
    means that the whole collection is gone.
    """

    collection: str
    version: int
    user_id: str
    user: User | None
    sample: Sample | None
    clears: bool


@dataclass(frozen=True)
class UserState:
    """A user after a write, None when it is gone, and the embeddings of all its samples, float32
    (n, 512).
    """

    user_id: str
    user: User | None
    embeddings: NDArray[np.float32]


@dataclass(frozen=True)
class Rewrite:
    """One durable write that leaves each of these users as told, whole, and all of them at one
    moment: an edit, or a later state of a user that is shown at once.
    """

    collection: str
    version: int
    states: tuple[UserState, ...]


@dataclass(frozen=True)
class Catalog:
    """``aliases`` of this recognizer: alias to collection. ``foreign``: the collections of
    other recognizers, name to digest. ``settings`` of every collection that has some; one of
    this recognizer exists even when nobody was enrolled in it.
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    foreign: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, KeptSettings] = field(default_factory=dict)


@dataclass(frozen=True)
class SampleBlock:
    """Many samples of one collection at once: float32 (n, 512) embeddings and their n users."""

    collection: str
    user_ids: Sequence[str]
    embeddings: NDArray[np.float32]


class ChangeSink(Protocol):
    """The searchable copy. Called by one thread a time, ``apply`` once a version, in order."""

    def reset(
        self,
        users: Iterable[tuple[str, str, bytes]],
        blocks: Iterable[SampleBlock],
        versions: Mapping[str, int],
        catalog: Catalog,
    ) -> None:
        """Replace everything: (collection, user_id, records.encode_user's bytes), samples, each
        served collection's version (empty collections too), and the catalog.
        """
        ...

    def apply(self, change: Change | Rewrite) -> None:
        """Follow one write."""
        ...

    def set_catalog(self, catalog: Catalog) -> None:
        """Replace the catalog; called whenever an alias, settings or a foreign collection
        changes.
        """
        ...


@dataclass(frozen=True)
class StoreState:
    """``state`` is "ok" or "degraded"; ``staleness_s`` the age of the data when degraded."""

    state: str
    staleness_s: float = 0.0
    detail: str = ""


class GalleryStore(Protocol):
    """The owner of the truth: memory, SQLite or Redis. Thread-safe.

    Every write to a collection of another recognizer raises ModelMismatchError, except
    delete_collection.
    """

    name: str
    recognizer: str

    @property
    def events(self) -> EventLog | None:
        """The events of the writes, None where none are kept; there once the store is open."""
        ...

    def open(self, sink: ChangeSink) -> None:
        """Load everything into the sink and keep it current from now on.

        Raises ModelMismatchError when there are collections and none is this recognizer's.
        """
        ...

    def enroll(self, enrolment: Enrolment, call: Call) -> WriteReceipt:
        """Store durably, tell the sink, then answer. Raises VersionConflictError,
        StoreUnavailableError, InvalidFieldError (field mode, over MAX_SAMPLES_PER_USER;
        field request_id, when another kind of write or another user had it).
        """
        ...

    def enroll_many(
        self, enrolments: Sequence[Enrolment], call: Call
    ) -> list[WriteReceipt | FaceError]:
        """As many calls of enroll, in order, in as few round trips and syncs as possible."""
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

    def delete_many(
        self, deletions: Sequence[Deletion], call: Call
    ) -> list[WriteReceipt | FaceError]:
        """As many calls of delete, in order, in as few round trips and syncs as possible."""
        ...

    def edit(self, edit: GalleryEdit, call: Call) -> WriteReceipt:
        """See GalleryWriter."""
        ...

    def samples(self, collection: str, user_ids: Sequence[str], call: Call) -> list[Sample]:
        """Return the samples of these users, grouped in that order, the oldest first; a user
        that is gone has none. Raises StoreUnavailableError.
        """
        ...

    def delete_collection(self, collection: str, call: Call) -> WriteReceipt:
        """Remove all of it, of whichever recognizer; its version counter goes on and its
        binding is gone. Raises CollectionNotFoundError, StoreUnavailableError.
        """
        ...

    def set_alias(self, alias: str, collection: str, call: Call) -> None:
        """Point the alias, of this recognizer, to a collection that exists; "" forgets it.
        Durable, and told to the sink, before it returns. The gallery has checked the names.
        """
        ...

    def kept_settings(self, collection: str, call: Call) -> KeptSettings:
        """Return the settings as they are in the store. Raises StoreUnavailableError."""
        ...

    def put_settings(self, collection: str, kept: KeptSettings, call: Call) -> bool:
        """Keep settings whose version is the one after the store's, and False for any others. A
        collection that does not exist comes to be, of this recognizer. Durable, and told to the
        sink, before it returns.
        """
        ...

    def mark_seen(self, collection: str, seen: Mapping[str, datetime], call: Call) -> None:
        """See GalleryRetention."""
        ...

    def last_seen(
        self, collection: str, user_ids: Sequence[str], call: Call
    ) -> dict[str, datetime]:
        """See GalleryRetention."""
        ...

    def take_lease(self, task: str, holder: str, seconds: float, call: Call) -> bool:
        """See GalleryRetention."""
        ...

    def purge(self, call: Call) -> ErasureReceipt:
        """Return once no byte of what was deleted before is left in the store's files."""
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
