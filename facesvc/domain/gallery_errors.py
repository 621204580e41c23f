"""Errors of galleries, with all of their text, so that every store answers alike.

A store raises these with the values at hand. It adds no words of its own: what is special about
a failing store is a StoreFault.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from facesvc.domain.errors import (
    InvalidFieldError,
    ModelMismatchError,
    StoreUnavailableError,
    VersionConflictError,
)
from facesvc.domain.gallery import MAX_SAMPLES_PER_USER

# What a caller asked for that the gallery's state does not allow


class TooManySamplesError(InvalidFieldError):
    """The user has MAX_SAMPLES_PER_USER already."""

    def __init__(self, samples: int) -> None:
        super().__init__(
            f"The user has {samples} samples, the most there may be. Use mode REPLACE.",
            field="mode",
            samples=samples,
            limit=MAX_SAMPLES_PER_USER,
        )


class RequestIdReusedError(InvalidFieldError):
    """Another kind of write, or one for another user, had the request_id."""

    def __init__(self) -> None:
        super().__init__(
            "Another write, or one for another user, had this request_id.", field="request_id"
        )


class AliasIsCollectionError(InvalidFieldError):
    """An alias would hide the collection of the same name."""

    def __init__(self, alias: str) -> None:
        super().__init__("The alias is the name of a collection.", field="alias", alias=alias)


class CollectionHasAliasesError(InvalidFieldError):
    """The collection to be deleted is where aliases lead."""

    def __init__(self, aliases: Sequence[str]) -> None:
        super().__init__(
            f"The aliases {', '.join(aliases)} lead to this collection. Point them to another"
            " one, or delete them, first.",
            field="collection",
            aliases=",".join(aliases),
        )


class SettingsConflictError(VersionConflictError):
    """A collection's settings changed since the version that the caller expected."""

    def __init__(self, expected: int | None, actual: int) -> None:
        super().__init__(expected, actual)
        self.message = "The collection's settings changed since the expected version."
        self.args = (self.message,)


# Another recognizer's embeddings


class ForeignCollectionError(ModelMismatchError):
    """``recognizer`` made the collection, ``serving`` is loaded; both are digests."""

    def __init__(self, collection: str, recognizer: str, serving: str) -> None:
        super().__init__(
            f"The collection {collection} was made by another recognizer.",
            collection=collection,
            recognizer=recognizer,
            serving=serving,
        )


class ForeignGalleryError(ModelMismatchError):
    """No collection of the gallery is of the recognizer that is loaded."""

    def __init__(self, made_by: Sequence[str], serving: str) -> None:
        super().__init__(
            f"The gallery was made by the recognizer {made_by[0][:16]}..., but"
            f" {serving[:16]}... is loaded: their embeddings cannot be compared. Nothing was"
            " changed. Either set MODEL_PACK to the pack that made the gallery, or re-enrol the"
            " photos with `facesvc gallery reembed`, or name another gallery by GALLERY_PATH or"
            " REDIS_URL.",
            gallery=",".join(made_by),
            loaded=serving,
        )


class ForeignArchiveError(ModelMismatchError):
    """The archive to be imported holds another recognizer's embeddings."""

    def __init__(self, made_by: str, serving: str) -> None:
        super().__init__(
            "The archive was made by another recognizer: its embeddings cannot be compared"
            " with those of the one loaded. Nothing was imported. Either import it where"
            " MODEL_PACK is the pack that made it, or enrol the photos again with"
            " `facesvc enroll`.",
            archive=made_by,
            loaded=serving,
        )


# A store that cannot do it at present


class StoreFault(Enum):
    """Why a store fails, in words for the caller and for health."""

    UNREACHABLE = "the store cannot be reached"
    SLOW = "the store did not answer in time"
    DISK = "the store cannot write to its disk"
    MEMORY = "the store is out of memory"
    LOGIN = "the store refuses the user or password"
    PERMISSION = "the store's user lacks a permission"
    LOADING = "the store is still loading its data"
    BUSY = "the store is busy with another script"
    READ_ONLY = "this server of the store is a replica"
    FEW_REPLICAS = "too few replicas of the store are connected"
    BEHIND = "this server of the store is behind the others"
    MOVING = "the store is moving the collection to another server"
    CLUSTER_DOWN = "the store's cluster is down"
    CHANGING = "others keep changing the same user"
    INDEXING = "the store is still building its search index"
    OTHER = "the store answered with an error"

    @property
    def sentence(self) -> str:
        """The words as a sentence, as health says them."""
        return f"{self.value[0].upper()}{self.value[1:]}."


class StoreTask(Enum):
    """What a store was about when it failed."""

    LOAD = "The gallery cannot be loaded"
    READ = "The gallery cannot be read now"
    WRITE = "The gallery cannot take the write now"
    SWEEP = "The collection is deleted, but its records are not all swept up yet"
    PURGE = "The gallery cannot be purged now"


class StoreFailedError(StoreUnavailableError):
    """The store, or its server of that number from 1, failed at a task."""

    def __init__(
        self, task: StoreTask, fault: StoreFault, *, server: int = 0, advice: str = ""
    ) -> None:
        where = f"server {server} of the gallery: " if server else ""
        super().__init__(f"{task.value}: {where}{fault.value}.{advice}", cause=fault.name)
        self.fault = fault
        if server:
            self.metadata["server"] = str(server)


class WriteUncertainError(StoreFailedError):
    """A write got no answer. It happens once, however often it is sent."""

    def __init__(self, fault: StoreFault, *, server: int = 0) -> None:
        advice = " It may have been stored: send it again with the same request_id."
        super().__init__(StoreTask.WRITE, fault, server=server, advice=advice)


class WriteUnreplicatedError(StoreUnavailableError):
    """The write is stored, but not on as many replicas as asked for."""

    def __init__(self) -> None:
        super().__init__(
            "The write reached too few replicas of the store in time: it may be lost in a"
            " failover. Send it again with the same request_id."
        )


class GalleryClosedError(StoreUnavailableError):
    """The service is about to end."""

    def __init__(self) -> None:
        super().__init__("The gallery is closed.")


class VersionNotReachedError(StoreUnavailableError):
    """A read waited for ``min_version`` in vain."""

    def __init__(self, min_version: int, version: int) -> None:
        super().__init__(
            "The collection has not reached min_version.", min_version=min_version, version=version
        )


class PurgeBlockedError(StoreUnavailableError):
    """Something still reads what a purge has to overwrite."""

    def __init__(self) -> None:
        super().__init__("A backup still reads the log. Try again after it.")


class ServerDataLostError(StoreUnavailableError):
    """A server of the gallery lacks its share of the faces."""

    def __init__(self, server: int) -> None:
        super().__init__(
            f"Server {server} of the gallery has lost its data, or is not the one it was."
            " Restore it from a backup.",
            server=server,
        )


class NoServerAnswersError(StoreUnavailableError):
    """Not one server of the gallery can be asked."""

    def __init__(self) -> None:
        super().__init__("No server of the gallery answers.")


# Sealed records that do not open


class SealError(StoreUnavailableError):
    """A record cannot be opened; what is wrong has a subclass."""


class RecordNotSealedError(SealError):
    """A plain record lies in a gallery that has a key."""

    def __init__(self) -> None:
        super().__init__(
            "GALLERY_KEY is set, but the gallery has a record that is not encrypted. To encrypt"
            " an existing gallery, add ,plain to GALLERY_KEY until it is done. If it was"
            " encrypted already, someone has changed it: restore a backup."
        )


class RecordKeyMissingError(SealError):
    """The record's key is none of the ring's. A key's id tells nothing about the key."""

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"The gallery is encrypted with the key of id {key_id}, which is not in GALLERY_KEY."
            " Add that key, after the current one.",
            key_id=key_id,
        )


class RecordChangedError(SealError):
    """The record's authentication failed."""

    def __init__(self, key_id: str) -> None:
        super().__init__(
            "A record of the gallery was changed, or moved from another row. Restore a backup.",
            key_id=key_id,
        )
