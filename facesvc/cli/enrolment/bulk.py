"""Bulk enrolment over StreamEnroll."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import grpc
from google.protobuf import struct_pb2

from facesvc.cli.connection import Service
from facesvc.cli.enrolment.held import HeldPhotos
from facesvc.cli.enrolment.outcome import Account, Kind, Outcome
from facesvc.cli.enrolment.photos import PhotoEntry, PhotoList
from facesvc.cli.enrolment.results import ResultFile
from facesvc.cli.errors import describe, reason_of
from facesvc.v1 import gallery_service_pb2 as pb
from facesvc.v1 import types_pb2

RETRIES = 5  # reconnections in a row without a single answer between them
RETRYABLE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
MAX_PHOTO_BYTES = (
    100 * 2**20
)  # twice what the service can be set to take; a message ends at 128 MiB


@dataclass(frozen=True)
class EnrollOptions:
    """How the photos are enrolled."""

    collection: str
    replace: bool
    check_liveness: bool
    check_duplicate: bool
    check_same_person: bool = False
    face: types_pb2.FaceSelection | None = None


class _Sent(NamedTuple):
    digest: str
    replaces: bool


class BulkEnrolment:
    """Enrols every user's photos in rounds: one photo of each user a round.

    The first photo that succeeds replaces the user's earlier samples (with ``replace``), the
    following ones add to it; so a user is never left without samples by a bad first photo.
    """

    def __init__(
        self,
        service: Service,
        options: EnrollOptions,
        results: ResultFile,
        tell: Callable[[Outcome], None],
    ) -> None:
        self._address = service.address
        self._stub = stub = service.gallery
        self._options = options
        self._results = results
        self._tell = tell
        self._held = HeldPhotos(stub, options.collection, results)
        self._started: set[str] = set()
        self._seen: set[tuple[str, str]] = set()

    def run(self, photos: PhotoList) -> Account:
        """Enrol all; the account says so if the service went away in between."""
        account = Account()
        for outcome in photos.left_out:
            self._results.add(outcome)
            account.add(outcome)
        pending = {id(entry): entry for each in photos.users.values() for entry in each}
        try:
            self._started = self._held.forget_gone(photos.users)
            for number in range(max(map(len, photos.users.values()))):
                entries = [each[number] for each in photos.users.values() if number < len(each)]
                for entry, outcome in self._round(entries):
                    del pending[id(entry)]
                    account.add(outcome)
                    self._tell(outcome)
        except grpc.RpcError as error:
            account.stopped = describe(error, self._address)
            account.extend(
                Outcome(Kind.NOT_TRIED, entry.user_id, str(entry.path))
                for entry in pending.values()
            )
        return account

    def _round(self, entries: list[PhotoEntry]) -> Iterator[tuple[PhotoEntry, Outcome]]:
        """Yield an outcome for each entry."""
        waiting = dict(enumerate(entries))
        fruitless = 0
        while waiting:
            before = len(waiting)
            try:
                yield from self._stream(waiting)
            except grpc.RpcError as error:
                if error.code() not in RETRYABLE or fruitless >= RETRIES:
                    raise
                fruitless = 0 if len(waiting) < before else fruitless + 1
                time.sleep(min(8.0, 0.5 * 2**fruitless))

    def _stream(self, waiting: dict[int, PhotoEntry]) -> Iterator[tuple[PhotoEntry, Outcome]]:
        sent: dict[int, _Sent] = {}
        local: list[tuple[int, Outcome]] = []

        def requests() -> Iterator[pb.StreamEnrollRequest]:
            for number, entry in list(waiting.items()):
                data, outcome = self._read(entry)
                if outcome:
                    local.append((number, outcome))
                    continue
                replaces = self._options.replace and entry.user_id not in self._started
                sent[number] = _Sent(hashlib.sha256(data).hexdigest(), replaces)
                yield self._request(number, entry, data, sent[number])

        for answer in self._stub.StreamEnroll(requests()):
            number = int(answer.item_id)
            entry = waiting.pop(number)
            yield entry, self._take(entry, sent[number], answer)
        for number, outcome in local:
            if outcome.kind is Kind.UNREADABLE or outcome.kind is Kind.REFUSED:
                self._results.add(outcome)
            yield waiting.pop(number), outcome

    def _read(self, entry: PhotoEntry) -> tuple[bytes, Outcome | None]:
        """Return a photo, and its outcome if it need not or cannot be sent."""

        def outcome(kind: Kind, reason: str = "", message: str = "") -> tuple[bytes, Outcome]:
            return b"", Outcome(kind, entry.user_id, str(entry.path), reason, message)

        try:
            if entry.path.stat().st_size > MAX_PHOTO_BYTES:
                message = f"The file has more than {MAX_PHOTO_BYTES // 2**20} MiB."
                return outcome(Kind.REFUSED, "IMAGE_TOO_LARGE", message)
            data = entry.path.read_bytes()
        except OSError as error:
            return outcome(Kind.UNREADABLE, "UNREADABLE", error.strerror or str(error))
        digest = hashlib.sha256(data).hexdigest()
        if (entry.user_id, digest) in self._seen:
            return outcome(Kind.REPEATED)
        if digest in self._results.stored(entry.user_id):
            self._seen.add((entry.user_id, digest))
            return outcome(Kind.EARLIER)
        return data, None

    def _take(self, entry: PhotoEntry, sent: _Sent, answer: pb.StreamEnrollResponse) -> Outcome:
        """Remember what the service answered."""
        made = answer.enrollment
        if answer.HasField("error"):
            kind, reason, message = Kind.REFUSED, reason_of(answer.error), answer.error.message
        elif made.success:
            kind, reason, message = Kind.ENROLLED, "", made.message
        else:
            kind = Kind.REFUSED
            reason = ",".join(pb.Rejection.Reason.Name(each.reason) for each in made.rejections)
            message = " ".join(each.hint for each in made.rejections) or made.message
        outcome = Outcome(kind, entry.user_id, str(entry.path), reason, message)
        if kind is Kind.ENROLLED:
            self._started.add(entry.user_id)
            self._seen.add((entry.user_id, sent.digest))
            self._results.add_stored(
                outcome, sent.digest, replaced=sent.replaces, version=made.version
            )
            self._held.stamp(entry.user_id, made.version)
        else:
            self._results.add(outcome, sent.digest)
        return outcome

    def _request(
        self, number: int, entry: PhotoEntry, data: bytes, sent: _Sent
    ) -> pb.StreamEnrollRequest:
        metadata = struct_pb2.Struct()
        metadata.update(dict(entry.metadata))
        key = self._results.request_id_of(entry.user_id, sent.digest)
        mode = pb.EnrollRequest.REPLACE if sent.replaces else pb.EnrollRequest.ADD
        return pb.StreamEnrollRequest(
            item_id=str(number),
            enrollment=pb.EnrollRequest(
                user_id=entry.user_id,
                image=data,
                name=entry.name,
                metadata=metadata,
                collection=self._options.collection,
                mode=mode,
                request_id=hashlib.sha256(key.encode()).hexdigest(),
                check_liveness=self._options.check_liveness,
                check_duplicate=self._options.check_duplicate,
                check_same_person=self._options.check_same_person,
                face_selection=self._options.face,
            ),
        )
