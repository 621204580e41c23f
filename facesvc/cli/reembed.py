"""``facesvc gallery reembed``: the photos anew, by the recognizer that the service has now."""

from __future__ import annotations

from pathlib import Path

from facesvc.cli.enrolment.bulk import EnrollOptions
from facesvc.cli.enrolment.outcome import Account
from facesvc.cli.enrolment.photos import PhotoList
from facesvc.cli.enrolment.run import enroll_photos
from facesvc.cli.service import Service
from facesvc.v1 import gallery_service_pb2 as pb


def reembed(
    service: Service, photos: PhotoList, collection: str, alias: str, results: Path
) -> Account:
    """Enrol all photos into a new collection; when every one is in, let the alias lead to it.

    Raises grpc.RpcError.
    """
    options = EnrollOptions(collection, replace=True, check_liveness=False, check_duplicate=False)
    account = enroll_photos(service, photos, options, results)
    if alias and account.complete:
        service.gallery.SetAlias(pb.SetAliasRequest(alias=alias, collection=collection))
    return account
