"""One run of bulk enrolment, from the health check to the account."""

from __future__ import annotations

from pathlib import Path

from facesvc.cli.command import Call
from facesvc.cli.enrolment.bulk import BulkEnrolment, EnrollOptions
from facesvc.cli.enrolment.outcome import Account
from facesvc.cli.enrolment.photos import PhotoList
from facesvc.cli.enrolment.results import GalleryName, ResultFile


def enroll_photos(
    call: Call, photos: PhotoList, options: EnrollOptions, results_path: Path
) -> Account:
    """Enrol all photos, remembering each outcome in a file. Raises grpc.RpcError at once when
    there is no service.
    """
    health = call.service.health()
    place = GalleryName(
        call.service.address, options.collection or "default", health.model.recognizer
    )
    with (
        ResultFile(results_path, place) as results,
        call.out.progress("enrolling", len(photos)) as bar,
    ):
        enrolment = BulkEnrolment(
            call.service, options, results, lambda _: bar.advance(bar.task_ids[0])
        )
        return enrolment.run(photos)
