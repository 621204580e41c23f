"""``facesvc gallery reembed``: from one recognizer to another, served all the time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from facesvc.bootstrap.servicers import build_servicers
from facesvc.cli.main import main
from facesvc.domain.errors import ModelMismatchError
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.sqlite.store import SqliteStore
from facesvc.transport.server import build_server
from facesvc.v1 import gallery_service_pb2 as pb
from facesvc.v1.gallery_service_pb2_grpc import GalleryServiceStub
from tests.contract.conftest import PACK, RULES
from tests.fakes import FakeEngine, FakeSource, fake_detect_faces


@contextmanager
def serving(
    path: Path, recognizer: str, *, migrate: bool
) -> Iterator[tuple[str, GalleryServiceStub]]:
    """Run a service with this recognizer on a gallery file; give its address and a stub."""
    gallery = IndexedGallery(SqliteStore(path, recognizer=recognizer, allow_foreign=migrate))
    gallery.open()
    pack = replace(PACK, recognizer=recognizer)
    with ThreadPoolExecutor(4) as workers:
        detect_faces = fake_detect_faces(FakeSource(), workers)
        servicers = build_servicers(detect_faces, FakeEngine(), gallery, pack, workers, RULES)
        server = build_server(servicers, address="127.0.0.1:0", threads=8, serve_reflection=False)
        server.start()
        address = f"127.0.0.1:{server.port}"
        with grpc.insecure_channel(address) as channel:
            yield address, GalleryServiceStub(channel)
        server.close(1.0)
    gallery.close()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two users, one photo each."""
    for name in ("anna", "bert"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        (tmp_path / "photos" / name / "1.jpg").write_bytes(name.encode())
    return tmp_path / "photos"


def run(address: str, photos: Path, tmp_path: Path) -> int:
    """Run the command."""
    results = tmp_path / "results.jsonl"
    task = ["gallery", "reembed", str(photos), "--into", "staff-2", "--alias", "staff"]
    return main(["--server", address, *task, "--results", str(results)])


def listed(stub: GalleryServiceStub, collection: str) -> list[str]:
    """The users of a collection."""
    page = stub.ListGallery(pb.ListGalleryRequest(collection=collection))
    return [user.user_id for user in page.users]


def test_new_recognizer_takes_over_the_name_and_the_old_one_keeps_its_own(
    tmp_path: Path, photos: Path
) -> None:
    """The new service starts beside the old collection, enrols the photos and serves them under
    the old name; nothing of the old one is lost, and it can be deleted in the end.
    """
    path = tmp_path / "gallery.db"
    with serving(path, "old", migrate=False) as (_, stub):
        stub.Enroll(pb.EnrollRequest(user_id="anna", image=b"anna", collection="staff"))
    with pytest.raises(ModelMismatchError), serving(path, "new", migrate=False):
        pass
    with serving(path, "new", migrate=True) as (address, stub):
        assert run(address, photos, tmp_path) == 0
        assert listed(stub, "staff") == ["anna", "bert"]
    with serving(path, "new", migrate=False) as (_, stub):
        assert listed(stub, "staff") == ["anna", "bert"]
    with serving(path, "old", migrate=False) as (_, stub):
        assert listed(stub, "staff") == ["anna"]
    with serving(path, "new", migrate=False) as (_, stub):
        gone = stub.DeleteCollection(pb.DeleteCollectionRequest(collection="staff"))
        assert gone.samples_removed == 1
        assert listed(stub, "staff") == ["anna", "bert"]


def test_alias_waits_for_the_last_photo(tmp_path: Path, photos: Path) -> None:
    """With a photo that fails the old collection goes on under the name; a second run ends it."""
    bad = photos / "bert" / "1.jpg"
    bad.write_bytes(b"nobody")
    with serving(tmp_path / "gallery.db", "new", migrate=False) as (address, stub):
        assert run(address, photos, tmp_path) == 3
        assert listed(stub, "staff") == []
        bad.write_bytes(b"bert")
        assert run(address, photos, tmp_path) == 0
        assert listed(stub, "staff") == ["anna", "bert"]
