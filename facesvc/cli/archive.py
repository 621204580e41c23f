"""``facesvc export`` and ``facesvc import``: a collection as one file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from facesvc.v1 import gallery_service_pb2 as pb
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub

CHUNK_BYTES = 1024 * 1024


def export_file(stub: GalleryServiceStub, collection: str, target: Path, passphrase: str) -> int:
    """Write the archive and return its bytes; the file appears only once it is whole."""
    part = target.with_name(target.name + ".part")
    request = pb.ExportGalleryRequest(collection=collection, passphrase=passphrase)
    try:
        with part.open("wb") as file, tqdm(unit="B", unit_scale=True) as bar:
            for answer in stub.ExportGallery(request):
                bar.update(file.write(answer.chunk))
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return size


def import_file(
    stub: GalleryServiceStub, source: Path, collection: str, passphrase: str
) -> tuple[int, int]:
    """Store the archive's users and return how many users and samples there are.

    Repeating an interrupted import stores nothing twice.
    """
    with source.open("rb") as file, tqdm(unit="user") as bar:

        def requests() -> Iterator[pb.ImportGalleryRequest]:
            yield pb.ImportGalleryRequest(
                chunk=file.read(CHUNK_BYTES), collection=collection, passphrase=passphrase
            )
            while chunk := file.read(CHUNK_BYTES):
                yield pb.ImportGalleryRequest(chunk=chunk)

        progress = pb.ImportGalleryResponse()
        for progress in stub.ImportGallery(requests()):
            bar.update(progress.users - bar.n)
    if not progress.done:
        raise EOFError(f"The service ended the import of {source} early; run it again.")
    return progress.users, progress.samples
