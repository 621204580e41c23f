"""ExportGallery and ImportGallery over the real server, with a real gallery in memory."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from facesvc.bootstrap.servicers import build_servicers
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.memory import MemoryStore
from facesvc.transport.server import build_server
from facesvc.v1 import gallery_service_pb2 as pb
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub
from tests.contract.conftest import PACK, RULES
from tests.contract.expect import failure
from tests.fakes import FakeEngine, FakeSource, fake_detect_faces
from tests.unit.gallery.gallery_fixtures import CALL, face

SECRET = "correct horse battery staple"


@pytest.fixture
def gallery() -> Iterator[IndexedGallery]:
    """A gallery with 300 users in "staff"."""
    made = IndexedGallery(MemoryStore(recognizer=PACK.recognizer))
    made.open()
    made.enroll_many([face(f"u{n:03}", n) for n in range(300)], CALL)
    yield made
    made.close()


@pytest.fixture
def address(gallery: IndexedGallery) -> Iterator[str]:
    """Where a server over that gallery listens."""
    with ThreadPoolExecutor(2) as workers:
        detect_faces = fake_detect_faces(FakeSource(), workers)
        servicers = build_servicers(detect_faces, FakeEngine(), gallery, PACK, workers, RULES)
        server = build_server(servicers, address="127.0.0.1:0", threads=8, serve_reflection=False)
        server.start()
        yield f"127.0.0.1:{server.port}"
        server.close(1.0)


@pytest.fixture
def stub(address: str) -> Iterator[GalleryServiceStub]:
    """A stub of that server."""
    with grpc.insecure_channel(address) as channel:
        yield GalleryServiceStub(channel)


def _export(stub: GalleryServiceStub, **fields: str) -> list[bytes]:
    return [part.chunk for part in stub.ExportGallery(pb.ExportGalleryRequest(**fields))]


def _parts(chunks: list[bytes], **first: str) -> Iterator[pb.ImportGalleryRequest]:
    yield pb.ImportGalleryRequest(chunk=chunks[0], **first)
    for chunk in chunks[1:]:
        yield pb.ImportGalleryRequest(chunk=chunk)


def test_export_then_import_moves_a_collection(
    stub: GalleryServiceStub, gallery: IndexedGallery
) -> None:
    """In chunks of at most 1 MiB; the import tells its progress and ends with done."""
    chunks = _export(stub, collection="staff", passphrase=SECRET)
    assert len(chunks) > 1
    assert max(map(len, chunks)) <= 1024 * 1024
    answers = list(stub.ImportGallery(_parts(chunks, collection="copy", passphrase=SECRET)))
    assert [(a.users, a.samples, a.done) for a in answers] == [
        (300, 300, False),
        (300, 300, True),
    ]
    copied = [one.user.user_id for one in gallery.export_users("copy", CALL)]
    assert copied == [f"u{n:03}" for n in range(300)]


def test_cut_archive_is_invalid_argument(stub: GalleryServiceStub) -> None:
    """The reason and the field are the contract's; done never comes."""
    chunks = _export(stub, collection="staff")
    for sent in (_parts(chunks[:-1]), iter([])):
        failed = failure(lambda sent=sent: list(stub.ImportGallery(sent)))
        assert (failed.code, failed.reason, failed.fields) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELD",
            ["chunk"],
        )


def test_export_of_no_collection_is_not_found(stub: GalleryServiceStub) -> None:
    """COLLECTION_NOT_FOUND, before any chunk."""
    failed = failure(lambda: _export(stub, collection="nowhere"))
    assert (failed.code, failed.reason) == (
        grpc.StatusCode.NOT_FOUND,
        "COLLECTION_NOT_FOUND",
    )
