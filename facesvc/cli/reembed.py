"""``facesvc gallery reembed``: the photos anew, by the recognizer that the service has now."""

from __future__ import annotations

from pathlib import Path

from facesvc.cli.enroll import EnrollOptions, enroll_folder
from facesvc.cli.photos import PhotoEntry
from facesvc.v1 import gallery_service_pb2 as pb
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub


def reembed(
    stub: GalleryServiceStub,
    users: dict[str, list[PhotoEntry]],
    collection: str,
    alias: str,
    results: Path,
) -> tuple[int, int]:
    """Enrol all photos into a new collection; when every one is in, let the alias lead to it.

    Returns how many photos were enrolled and how many not. Raises grpc.RpcError.
    """
    options = EnrollOptions(collection, replace=True, check_liveness=False, check_duplicate=False)
    enrolled, failed = enroll_folder(stub, users, options, results)
    if alias and not failed:
        stub.SetAlias(pb.SetAliasRequest(alias=alias, collection=collection))
    return enrolled, failed
