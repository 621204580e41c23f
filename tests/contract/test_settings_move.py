"""Settings go where the people of their collection go: archives, and the swap of an alias."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from facesvc.application.archive.frames import ArchiveError
from facesvc.application.archive.read import ArchiveReader
from facesvc.application.archive.write import write_archive
from facesvc.application.call import Call
from facesvc.application.set_alias import SetAlias
from facesvc.domain.collection_settings import CollectionSettings, SettingsChange
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.sqlite.store import SqliteStore
from facesvc.v1 import gallery_service_pb2 as pb
from tests.contract.conftest import InProcess
from tests.unit.gallery.gallery_fixtures import DIGEST, OTHER_DIGEST, face

DOOR = CollectionSettings(description="Tür", quality_threshold=0.5, max_users=2)


def change(service: InProcess, collection: str, settings: CollectionSettings = DOOR) -> None:
    """Give a collection settings."""
    values = pb.CollectionSettings(**vars(settings))
    service.gallery.SetCollection(pb.SetCollectionRequest(collection=collection, settings=values))


def told(service: InProcess, collection: str) -> pb.CollectionSettings:
    """Return a collection's settings."""
    request = pb.GetCollectionRequest(collection=collection)
    return service.gallery.GetCollection(request).settings


def enrol(service: InProcess, collection: str, *people: str) -> None:
    """Enrol each under their own name."""
    for person in people:
        service.gallery.Enroll(
            pb.EnrollRequest(user_id=person, image=person.encode(), collection=collection)
        )


def exported(service: InProcess, collection: str, passphrase: str = "") -> list[bytes]:
    """Return the chunks of a collection's archive."""
    request = pb.ExportGalleryRequest(collection=collection, passphrase=passphrase)
    return [answer.chunk for answer in service.gallery.ExportGallery(request)]


def imported(
    service: InProcess, chunks: Iterable[bytes], collection: str, passphrase: str = ""
) -> None:
    """Import an archive."""
    requests = (
        pb.ImportGalleryRequest(chunk=chunk, collection=collection, passphrase=passphrase)
        for chunk in chunks
    )
    assert list(service.gallery.ImportGallery(requests))[-1].done


@pytest.mark.parametrize("passphrase", ["", "a passphrase of some length"])
def test_archive_carries_the_settings(service: InProcess, passphrase: str) -> None:
    """Also where there are more users than the limit that was set later."""
    enrol(service, "door", "anna", "bert", "carl")
    change(service, "door")
    imported(service, exported(service, "door", passphrase), "gate", passphrase)
    assert told(service, "gate") == told(service, "door")
    assert told(service, "gate").description == "Tür"
    page = service.gallery.ListGallery(pb.ListGalleryRequest(collection="gate"))
    assert page.total == 3


def test_import_leaves_settings_that_are_there_alone(service: InProcess) -> None:
    """What somebody decided for a collection is not an archive's to change."""
    enrol(service, "door", "anna")
    change(service, "door")
    change(service, "gate", CollectionSettings(description="Gate"))
    imported(service, exported(service, "door"), "gate")
    assert told(service, "gate") == pb.CollectionSettings(description="Gate")


def test_archive_of_before_the_settings_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has none."""
    dumps = json.dumps

    def without(value: dict[str, object], **options: object) -> str:
        return dumps({k: v for k, v in value.items() if k != "settings"}, **options)  # type: ignore[arg-type] # json's own

    monkeypatch.setattr("facesvc.application.archive.write.json.dumps", without)
    chunks = list(write_archive([], "staff", DIGEST, settings=DOOR))
    assert ArchiveReader(chunks).header.settings == CollectionSettings()


@pytest.mark.parametrize(
    "settings",
    [
        {"match_threshold": 2},
        {"match_threshold": "high"},
        {"description": 3},
        {"max_users": 0},
        ["description"],
        "none",
    ],
)
def test_settings_of_an_archive_are_checked(
    monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    """As those of a call are."""
    monkeypatch.setattr("facesvc.application.archive.write.set_values", lambda _: settings)
    chunks = list(write_archive([], "staff", DIGEST))
    with pytest.raises(ArchiveError):
        ArchiveReader(chunks)


def test_swapped_alias_takes_the_settings_along(service: InProcess) -> None:
    """Callers of the name find the new collection as the old one was."""
    enrol(service, "door-1", "anna")
    change(service, "door-1", CollectionSettings(description="Door", match_threshold=0.625))
    service.gallery.SetAlias(pb.SetAliasRequest(alias="door", collection="door-1"))
    enrol(service, "door-2", "anna")
    service.gallery.SetAlias(pb.SetAliasRequest(alias="door", collection="door-2"))
    assert told(service, "door") == told(service, "door-1")
    assert told(service, "door-2").match_threshold == pytest.approx(0.625)


def test_swapped_alias_leaves_settings_that_are_there_alone(service: InProcess) -> None:
    """The new collection was made to be other."""
    enrol(service, "door-1", "anna")
    change(service, "door-1")
    service.gallery.SetAlias(pb.SetAliasRequest(alias="door", collection="door-1"))
    change(service, "door-2", CollectionSettings(description="New"))
    service.gallery.SetAlias(pb.SetAliasRequest(alias="door", collection="door-2"))
    assert told(service, "door") == pb.CollectionSettings(description="New")


def test_alias_over_another_recognizers_collection_takes_what_means_the_same(
    tmp_path: Path,
) -> None:
    """After a change of the recognizer: a cosine of the old one means nothing for the new one."""
    call = Call()
    path = tmp_path / "gallery.sqlite3"
    old = IndexedGallery(SqliteStore(path, recognizer=DIGEST))
    old.open()
    old.enroll(face("ada", 1, collection="staff"), call)
    settings = CollectionSettings(description="Staff", match_threshold=0.6, max_users=5)
    names = ("description", "match_threshold", "max_users")
    old.change_settings("staff", SettingsChange(settings, names), call)
    old.close()
    new = IndexedGallery(SqliteStore(path, recognizer=OTHER_DIGEST, allow_foreign=True))
    new.open()
    new.enroll(face("ada", 1, collection="staff-2"), call)
    SetAlias(new)("staff", "staff-2", call)
    assert new.settings("staff").settings == CollectionSettings(description="Staff", max_users=5)
    new.close()
