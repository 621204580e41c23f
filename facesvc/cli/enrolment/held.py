"""Whether the service still holds what an earlier run stored."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import grpc

from facesvc.cli.enrolment.photos import PhotoEntry
from facesvc.cli.enrolment.results import ResultFile, UserStamp
from facesvc.v1 import gallery_service_pb2 as pb
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub

# The same bytes give the same embedding, and half-precision storage takes less than this away.
SAME_PHOTO_SIMILARITY = 0.999
_AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
_TIMEOUT_S = 30.0


class HeldPhotos:
    """Compares a results file with the service."""

    def __init__(self, stub: GalleryServiceStub, collection: str, results: ResultFile) -> None:
        self._stub = stub
        self._collection = collection
        self._results = results

    def forget_gone(self, users: dict[str, list[PhotoEntry]]) -> set[str]:
        """Note in the results file what is gone; return the users that hold something of it.

        A user whose record is as the last run left it has all its photos. Otherwise each photo is
        asked for: its own embedding is the most similar one there is. Raises grpc.RpcError.
        """
        holding = set()
        for user_id, photos in users.items():
            stored = self._results.stored(user_id)
            if not stored:
                continue
            record = self._record(user_id)
            if record is None:
                gone: Iterable[str] = stored
            elif record == self._results.stamp(user_id):
                gone = ()
            else:
                gone = stored - self._verified(user_id, photos, stored)
                self._results.add_stamp(user_id, record)
            for digest in gone:
                self._results.add_gone(user_id, digest)
            if self._results.stored(user_id):
                holding.add(user_id)
        return holding

    def stamp(self, user_id: str, version: int) -> None:
        """Remember the record of a user as this write left it. Raises grpc.RpcError."""
        record = self._record(user_id, version)
        if record and record.version == version:  # else somebody else has written since
            self._results.add_stamp(user_id, record)

    def _record(self, user_id: str, min_version: int = 0) -> UserStamp | None:
        request = pb.GetEnrollmentRequest(
            user_id=user_id, collection=self._collection, min_version=min_version
        )
        try:
            user = self._stub.GetEnrollment(request, timeout=_TIMEOUT_S)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            raise
        return UserStamp(
            user.created_at.ToJsonString(),
            user.updated_at.ToJsonString(),
            user.version,
            user.samples,
        )

    def _verified(self, user_id: str, photos: list[PhotoEntry], stored: frozenset[str]) -> set[str]:
        verified = set()
        for photo in photos:
            try:
                data = photo.path.read_bytes()
            except OSError:
                continue  # said when its turn comes
            digest = hashlib.sha256(data).hexdigest()
            if digest in stored and self._has(user_id, data):
                verified.add(digest)
        return verified

    def _has(self, user_id: str, photo: bytes) -> bool:
        request = pb.VerifyRequest(user_id=user_id, image=photo, collection=self._collection)
        try:
            answer = self._stub.Verify(request, timeout=_TIMEOUT_S)
        except grpc.RpcError as error:
            if error.code() in _AWAY:
                raise
            return False  # nobody can say that it is there: it is enrolled again
        return bool(answer.similarity >= SAME_PHOTO_SIMILARITY)
