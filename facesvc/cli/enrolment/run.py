"""One run of bulk enrolment, from the health check to the account."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from facesvc.cli.enrolment.bulk import BulkEnrolment, EnrollOptions
from facesvc.cli.enrolment.outcome import Account
from facesvc.cli.enrolment.photos import PhotoList
from facesvc.cli.enrolment.results import GalleryName, ResultFile
from facesvc.cli.service import Service


def enroll_photos(
    service: Service, photos: PhotoList, options: EnrollOptions, results_path: Path
) -> Account:
    """Enrol all photos, remembering each outcome in a file. Raises grpc.RpcError at once when
    there is no service.
    """
    health = service.health()
    place = GalleryName(service.address, options.collection or "default", health.model.recognizer)
    with ResultFile(results_path, place) as results, tqdm(total=len(photos), unit="photo") as bar:
        enrolment = BulkEnrolment(service, options, results, lambda _: bar.update())
        return enrolment.run(photos)
