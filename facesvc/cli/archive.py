"""A collection as one file: writing and reading it over the service's streams."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from facesvc.cli.command import Call
from facesvc.v1 import gallery_service_pb2 as pb

CHUNK_BYTES = 1024 * 1024


def export_file(call: Call, collection: str, target: Path, passphrase: str) -> int:
    """Write the archive and return its bytes; the file appears only once it is whole."""
    part = target.with_name(target.name + ".part")
    request = pb.ExportGalleryRequest(collection=collection, passphrase=passphrase)
    stream = call.service.gallery.ExportGallery(request)
    try:
        with part.open("wb") as file, call.out.progress("exporting, bytes", None) as bar:
            for answer in stream:
                bar.advance(bar.task_ids[0], file.write(answer.chunk))
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return size


def import_file(call: Call, source: Path, collection: str, passphrase: str) -> tuple[int, int]:
    """Store the archive's users and return how many users and samples there are.

    Repeating an interrupted import stores nothing twice.
    """
    with source.open("rb") as file, call.out.progress("importing, users", None) as bar:

        def requests() -> Iterator[pb.ImportGalleryRequest]:
            yield pb.ImportGalleryRequest(
                chunk=file.read(CHUNK_BYTES), collection=collection, passphrase=passphrase
            )
            while chunk := file.read(CHUNK_BYTES):
                yield pb.ImportGalleryRequest(chunk=chunk)

        progress = pb.ImportGalleryResponse()
        for progress in call.service.gallery.ImportGallery(requests()):
            bar.update(bar.task_ids[0], completed=progress.users)
    if not progress.done:
        raise EOFError(f"The service ended the import of {source} early; run it again.")
    return progress.users, progress.samples
