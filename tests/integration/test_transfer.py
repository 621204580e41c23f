"""Moving a real gallery by the command line: export, import, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from facesvc.cli.main import main
from facesvc.v1 import gallery_service_pb2 as pb
from tests.contract.expect import failure
from tests.integration.conftest import SAMPLES, Live, live_service

SECRET = "a long passphrase"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service whose gallery holds the sample photos, enrolled by the command line."""
    results = tmp_path_factory.mktemp("results") / "results.jsonl"
    with live_service() as live:
        command = ["--server", live.address, "enroll", str(SAMPLES), "--results", str(results)]
        assert main(command) == 3  # group.jpg is no user's
        yield live


@pytest.fixture(scope="module")
def target() -> Iterator[Live]:
    """A service with an empty gallery."""
    with live_service() as live:
        yield live


def listed(live: Live, collection: str) -> list[tuple[str, str, int]]:
    """The users of a collection."""
    page = live.gallery.ListGallery(pb.ListGalleryRequest(collection=collection))
    return [(user.user_id, user.name, user.samples) for user in page.users]


def test_archive_moves_every_user_and_finds_them_again(
    source: Live, target: Live, tmp_path: Path, photo: Callable[[str], bytes]
) -> None:
    """The other service gives the same answers, and a repetition changes nothing."""
    file = tmp_path / "staff.facesvc"
    assert main(["--server", source.address, "export", str(file)]) == 0
    for _ in range(2):
        arguments = ["--server", target.address, "import", str(file), "--collection", "staff"]
        assert main(arguments) == 0
    assert listed(target, "staff") == listed(source, "default")
    image = photo("barack_obama/3.jpg")
    here = source.gallery.Search(pb.SearchRequest(image=image))
    there = target.gallery.Search(pb.SearchRequest(image=image, collection="staff"))
    assert here.matches == there.matches
    assert len(here.matches) == 1


def test_encrypted_archive_opens_with_its_passphrase_only(
    source: Live,
    target: Live,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A wrong or missing passphrase is told, and nothing is stored."""
    file = tmp_path / "secret.facesvc"
    monkeypatch.setenv("PASS", SECRET)
    assert main(["--server", source.address, "export", str(file), "--passphrase-env", "PASS"]) == 0
    assert b"barack" not in file.read_bytes()
    imported = ["--server", target.address, "import", str(file), "--collection", "sealed"]
    monkeypatch.setenv("PASS", SECRET + "!")
    assert main([*imported, "--passphrase-env", "PASS"]) == 1
    assert main(imported) == 1
    assert "passphrase" in capsys.readouterr().err
    assert listed(target, "sealed") == []
    monkeypatch.setenv("PASS", SECRET)
    assert main([*imported, "--passphrase-env", "PASS"]) == 0
    assert listed(target, "sealed") == listed(source, "default")


@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "foreign"])
def test_damaged_archive_is_refused(
    source: Live, target: Live, tmp_path: Path, harm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With words that name the fault."""
    file = tmp_path / "staff.facesvc"
    assert main(["--server", source.address, "export", str(file)]) == 0
    data = bytearray(file.read_bytes())
    if harm == "cut":
        data = data[:-100]
    elif harm == "flip":
        data[len(data) // 2] ^= 1
    else:
        data = bytearray() if harm == "empty" else bytearray(b"PK\x03\x04 something else")
    file.write_bytes(data)
    assert main(["--server", target.address, "import", str(file), "--collection", harm]) == 1
    assert "INVALID_FIELD" in capsys.readouterr().err


def test_export_of_an_unknown_collection_is_told_and_leaves_no_file(
    source: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even a part of one."""
    arguments = ["export", str(tmp_path / "x"), "--collection", "nowhere"]
    assert main(["--server", source.address, *arguments]) == 1
    assert "COLLECTION_NOT_FOUND" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_collections_aliases_and_erasure_over_the_contract(source: Live) -> None:
    """An alias leads where it was set to; what is deleted can be erased with a receipt."""
    stub = source.gallery
    stub.SetAlias(pb.SetAliasRequest(alias="everybody", collection="default"))
    assert listed(source, "everybody") == listed(source, "default")
    (collection,) = stub.ListCollections(pb.ListCollectionsRequest()).collections
    assert (collection.collection, list(collection.aliases)) == ("default", ["everybody"])
    assert (collection.users, collection.served) == (5, True)
    stub.DeleteAlias(pb.DeleteAliasRequest(alias="everybody"))
    assert listed(source, "everybody") == []
    receipt = stub.EraseDeleted(pb.EraseDeletedRequest())
    assert receipt.completed_at.ToDatetime() >= receipt.started_at.ToDatetime()
    said = failure(lambda: stub.DeleteCollection(pb.DeleteCollectionRequest(collection="nowhere")))
    assert said.reason == "COLLECTION_NOT_FOUND"
