"""What the use cases need from the outside, as small Protocols."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.domain.errors import FaceError
from facesvc.domain.faces import Attributes, DetectedFace
from facesvc.domain.gallery import (
    CollectionInfo,
    EnrolledUser,
    Enrolment,
    ErasureReceipt,
    GalleryStatus,
    Match,
    PartialMatches,
    User,
    UserPage,
    WriteReceipt,
)
from facesvc.domain.liveness import Liveness
from facesvc.domain.photo import Photo
from facesvc.domain.quality import Quality


class ImageSource(Protocol):
    """Fetches what a caller named."""

    def fetch(self, url: str, call: Call) -> bytes:
        """Return the body. Raises ImageUrlRefusedError, ImageFetchFailedError,
        ImageTooLargeError, CallEndedError.
        """
        ...


class ImageDecoder(Protocol):
    """Turns bytes that a stranger made into pixels."""

    def decode(self, data: bytes) -> Photo:
        """Return the photo. Raises ImageTooLargeError, ImageUnsupportedError,
        ImageUndecodableError.
        """
        ...


class FaceEngine(Protocol):
    """The models. Thread-safe; every method is compute and wants a permit of the gate."""

    def detect(self, photo: Photo) -> list[DetectedFace]:
        """Return every face, most confident first; an empty list when there is none."""
        ...

    def assess_quality(self, photo: Photo, face: DetectedFace) -> Quality:
        """Return the quality of one detected face."""
        ...

    def embed(self, photo: Photo, face: DetectedFace) -> NDArray[np.float32]:
        """Return the L2-normalised embedding, float32 (512,)."""
        ...

    def check_liveness(self, photo: Photo, face: DetectedFace) -> Liveness:
        """Return the outcome of every liveness check on one face."""
        ...

    def estimate_attributes(self, photo: Photo, face: DetectedFace) -> Attributes:
        """Return age and gender of one face."""
        ...


@dataclass(frozen=True)
class PackInfo:
    """The model pack in use. ``recognizer`` is the digest that galleries are bound to."""

    name: str
    licence: str
    detector: str
    recognizer: str
    embedding_size: int
    provider: str


class ComputeGate(Protocol):
    """Bounds how many calls compute and how many wait."""

    def admit(self, call: Call) -> AbstractContextManager[None]:
        """Hold a compute permit. Raises OverloadedError at once when too many wait,
        CallEndedError when the call ended while waiting.
        """
        ...


class Gallery(Protocol):
    """Enrolled faces: durable writes, exact reads. Thread-safe.

    ``min_version`` makes a read wait until it sees that version of the collection (0 = do
    not wait); StoreUnavailableError when that does not come within the call's deadline.
    A collection may be named by an alias. Every method that names a collection of another
    recognizer raises ModelMismatchError, except delete_collection.
    """

    def enroll(self, enrolment: Enrolment, call: Call) -> WriteReceipt:
        """Store durably, then answer. Raises VersionConflictError, StoreUnavailableError,
        InvalidFieldError (field mode) when the user has MAX_SAMPLES_PER_USER.
        """
        ...

    def enroll_many(
        self, enrolments: Sequence[Enrolment], call: Call
    ) -> list[WriteReceipt | FaceError]:
        """Enrol a batch, each on its own, in order; far cheaper than one by one. The result
        at an index is the receipt, or the error that enroll would have raised.
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
        """Remove every sample. Raises UserNotFoundError, VersionConflictError,
        StoreUnavailableError.
        """
        ...

    def get(self, collection: str, user_id: str, call: Call, *, min_version: int = 0) -> User:
        """Return one user. Raises UserNotFoundError."""
        ...

    def list_users(
        self,
        collection: str,
        page_size: int,
        page_token: str,
        call: Call,
        *,
        min_version: int = 0,
    ) -> UserPage:
        """Return users in user_id order. Raises InvalidFieldError (field page_token)."""
        ...

    def search(
        self,
        collection: str,
        probe: NDArray[np.float32],
        top_k: int,
        threshold: float,
        call: Call,
        *,
        min_version: int = 0,
    ) -> list[Match]:
        """Return at most top_k users whose best sample reaches the threshold, best first,
        equal similarities by user_id. An unknown collection has no matches.
        """
        ...

    def search_available(
        self,
        collection: str,
        probe: NDArray[np.float32],
        top_k: int,
        threshold: float,
        call: Call,
        *,
        min_version: int = 0,
    ) -> PartialMatches:
        """Search like ``search``, but where the gallery is spread over servers, answer for those
        that can, and say which cannot: a face on a missing server is not found.
        """
        ...

    def search_many(
        self,
        collection: str,
        probes: NDArray[np.float32],
        top_k: int,
        threshold: float,
        call: Call,
        *,
        min_version: int = 0,
    ) -> list[list[Match]]:
        """Search for float32 (n, 512) probes in one pass; one list a probe, as search gives."""
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
        """Return the cosine to the user's best sample. Raises UserNotFoundError."""
        ...

    def list_collections(self) -> list[CollectionInfo]:
        """Return every collection, sorted by name."""
        ...

    def delete_collection(self, collection: str, call: Call) -> WriteReceipt:
        """Remove a collection with all its users; an alias is not followed. Its version
        counter goes on, so that a version never means two things. Raises
        CollectionNotFoundError, StoreUnavailableError, InvalidFieldError when an alias of
        this recognizer still leads to it.
        """
        ...

    def set_alias(self, alias: str, collection: str, call: Call) -> None:
        """Let the alias lead to the collection from now on, in one step. Aliases belong to the
        recognizer in use: services of another one have their own. Raises
        CollectionNotFoundError, InvalidFieldError when the alias is a served collection's name.
        """
        ...

    def delete_alias(self, alias: str, call: Call) -> None:
        """Forget an alias. Raises CollectionNotFoundError."""
        ...

    def export_users(
        self, collection: str, call: Call, *, after_user_id: str = ""
    ) -> Iterator[EnrolledUser]:
        """Yield users with their samples in user_id order. Writes go on meanwhile: a user
        changed during the export appears as it was at some moment of it.
        """
        ...

    def purge(self, call: Call) -> ErasureReceipt:
        """Return once no byte of anything deleted before is left in the store's files."""
        ...

    def status(self) -> GalleryStatus:
        """Return counts and the store's state, without waiting."""
        ...
