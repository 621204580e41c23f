"""``facesvc enroll``: bulk enrolment over StreamEnroll."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
from google.protobuf import struct_pb2
from google.rpc import error_details_pb2, status_pb2
from tqdm import tqdm

from facesvc.cli.photos import PhotoEntry
from facesvc.cli.results import ItemResult, ResultFile
from facesvc.v1 import gallery_service_pb2 as pb
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub

RETRIES = 5  # reconnections in a row without a single answer between them
RETRYABLE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


@dataclass(frozen=True)
class EnrollOptions:
    """How the photos are enrolled."""

    collection: str
    replace: bool
    check_liveness: bool
    check_duplicate: bool


@dataclass(frozen=True)
class _Item:
    entry: PhotoEntry
    data: bytes
    digest: str


class BulkEnrolment:
    """Enrols every user's photos in rounds: one photo of each user a round.

    The first photo that succeeds replaces the user's earlier samples (with ``replace``), the
    following ones add to it; so a user is never left without samples by a bad first photo.
    """

    def __init__(
        self, stub: GalleryServiceStub, options: EnrollOptions, results: ResultFile
    ) -> None:
        self._stub = stub
        self._options = options
        self._results = results

    def run(self, users: dict[str, list[PhotoEntry]]) -> tuple[int, int]:
        """Return how many photos were enrolled and how many not. Raises grpc.RpcError when the
        service stays away.
        """
        enrolled = failed = 0
        started = {user for user, _ in self._results.done}
        total = sum(map(len, users.values()))
        with tqdm(total=total, unit="photo") as bar:
            for number in range(max(map(len, users.values()))):
                entries = [photos[number] for photos in users.values() if number < len(photos)]
                for result in self._round(entries, started):
                    enrolled += result.success
                    failed += not result.success
                    if result.success:
                        started.add(result.user_id)
                    bar.update()
        return enrolled, failed

    def _round(self, entries: list[PhotoEntry], started: set[str]) -> Iterator[ItemResult]:
        """Yield a result for each entry; entries done by an earlier run are not sent again."""
        waiting = dict(enumerate(entries))
        fruitless = 0
        while waiting:
            before = len(waiting)
            try:
                yield from self._stream(waiting, started)
            except grpc.RpcError as error:
                if error.code() not in RETRYABLE or fruitless >= RETRIES:
                    raise
                fruitless = 0 if len(waiting) < before else fruitless + 1
                time.sleep(min(8.0, 0.5 * 2**fruitless))

    def _stream(self, waiting: dict[int, PhotoEntry], started: set[str]) -> Iterator[ItemResult]:
        digests: dict[int, str] = {}
        local: list[tuple[int, ItemResult]] = []

        def requests() -> Iterator[pb.StreamEnrollRequest]:
            for number, entry in list(waiting.items()):
                try:
                    item = _read(entry)
                except OSError as error:
                    result = ItemResult(
                        entry.user_id, str(entry.path), "", False, "UNREADABLE", str(error)
                    )
                    local.append((number, result))
                    continue
                known = self._results.done.get((entry.user_id, item.digest))
                if known:
                    local.append((number, known))
                    continue
                digests[number] = item.digest
                yield self._request(number, item, entry.user_id in started)

        for answer in self._stub.StreamEnroll(requests()):
            number = int(answer.item_id)
            entry = waiting.pop(number)
            result = _result(entry, digests[number], answer)
            self._results.add(result)
            yield result
        for number, result in local:
            del waiting[number]
            if not result.success:
                self._results.add(result)
            yield result

    def _request(self, number: int, item: _Item, started: bool) -> pb.StreamEnrollRequest:
        metadata = struct_pb2.Struct()
        metadata.update(dict(item.entry.metadata))
        add = started or not self._options.replace
        key = f"{self._results.run}|{self._options.collection}|{item.entry.user_id}|{item.digest}"
        return pb.StreamEnrollRequest(
            item_id=str(number),
            enrollment=pb.EnrollRequest(
                user_id=item.entry.user_id,
                image=item.data,
                name=item.entry.name,
                metadata=metadata,
                collection=self._options.collection,
                mode=pb.EnrollRequest.ADD if add else pb.EnrollRequest.REPLACE,
                request_id=hashlib.sha256(key.encode()).hexdigest(),
                check_liveness=self._options.check_liveness,
                check_duplicate=self._options.check_duplicate,
            ),
        )


def enroll_folder(
    stub: GalleryServiceStub,
    users: dict[str, list[PhotoEntry]],
    options: EnrollOptions,
    results_path: Path,
) -> tuple[int, int]:
    """Enrol all photos and return how many succeeded and how many did not."""
    with ResultFile(results_path) as results:
        return BulkEnrolment(stub, options, results).run(users)


def _read(entry: PhotoEntry) -> _Item:
    data = entry.path.read_bytes()
    return _Item(entry, data, hashlib.sha256(data).hexdigest())


def _result(entry: PhotoEntry, digest: str, answer: pb.StreamEnrollResponse) -> ItemResult:
    if answer.HasField("error"):
        reason, message, success, version = reason_of(answer.error), answer.error.message, False, 0
    else:
        made = answer.enrollment
        names = [pb.Rejection.Reason.Name(each.reason) for each in made.rejections]
        reason, message = ",".join(names), made.message
        success, version = made.success, made.version
    return ItemResult(entry.user_id, str(entry.path), digest, success, reason, message, version)


def reason_of(status: status_pb2.Status) -> str:
    """Return the ErrorInfo reason of a status, "" when it has none."""
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info):
            return str(info.reason)
    return ""
