"""``facesvc backup``: the gallery's file copied beside its service."""

from __future__ import annotations

import secrets
import threading
from pathlib import Path
from typing import Any

import pytest

from facesvc.cli.main import main
from facesvc.domain.errors import StoreUnavailableError
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite.store import SqliteStore
from tests.unit.gallery.conftest import Opener
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, opened


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point the settings to the gallery that open_sqlite opens."""
    for name in ("REDIS_URL", "GALLERY_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GALLERY_PATH", str(tmp_path / "gallery.db"))


def restored(path: Path, **options: Any) -> IndexedGallery:
    """Open a backup as a gallery of its own."""
    return opened(SqliteStore(path, recognizer=DIGEST, **options))


def test_backup_beside_the_service_opens_with_every_user(
    open_sqlite: Opener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The service owns the file and goes on; the copy has its users, is private and checked."""
    gallery = open_sqlite()
    gallery.enroll(face("anna", 1, name="Anna"), CALL)
    gallery.enroll(face("bert", 2), CALL)
    gallery.delete("staff", "bert", CALL)
    target = tmp_path / "backup.db"
    assert main(["backup", str(target)]) == 0
    assert "1 users with 1 samples" in capsys.readouterr().out
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.glob("backup*")) == ["backup.db"]
    gallery.enroll(face("carl", 3), CALL)
    copy = restored(target)
    try:
        assert [user.name for user in copy.list_users("staff", 10, "", CALL).users] == ["Anna"]
        assert copy.enroll(face("dora", 4), CALL).version == 4
    finally:
        copy.close()


def test_backup_amid_writes_is_one_moment_of_them(open_sqlite: Opener, tmp_path: Path) -> None:
    """Users and samples of the copy belong together, however the writer runs on."""
    gallery = open_sqlite()
    ended = threading.Event()

    def write() -> None:
        for number in range(400):
            gallery.enroll(face(f"user-{number:03}", number), CALL)
        ended.set()

    writer = threading.Thread(target=write)
    writer.start()
    target = tmp_path / "backup.db"
    try:
        while not gallery.list_collections():
            assert not ended.wait(0.001), "nothing was written"
        assert main(["backup", str(target)]) == 0
    finally:
        writer.join()
    copy = restored(target)
    try:
        (info,) = copy.list_collections()
        assert info.users == info.samples == info.version > 0
        ids = [user.user_id for user in copy.list_users("staff", 1000, "", CALL).users]
        assert ids == [f"user-{number:03}" for number in range(info.users)]
    finally:
        copy.close()


def test_sealed_gallery_is_backed_up_without_its_key_and_stays_sealed(
    open_sqlite: Opener, tmp_path: Path
) -> None:
    """The job that makes backups needs no key; opening the copy does."""
    ring = KeyRing([secrets.token_bytes(32)])
    open_sqlite(ring=ring).enroll(face("anna", 1, name="Anna Sealed"), CALL)
    target = tmp_path / "backup.db"
    assert main(["backup", str(target)]) == 0
    assert b"Anna Sealed" not in target.read_bytes()
    with pytest.raises(StoreUnavailableError, match="GALLERY_KEY"):
        restored(target)
    copy = restored(target, ring=ring)
    assert copy.get("staff", "anna", CALL).name == "Anna Sealed"
    copy.close()


def test_existing_target_is_refused_and_left_alone(
    open_sqlite: Opener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No backup is overwritten by the next one."""
    open_sqlite().enroll(face("anna", 1), CALL)
    target = tmp_path / "backup.db"
    target.write_bytes(b"")  # SQLite itself would write into an empty file
    assert main(["backup", str(target)]) == 1
    assert "exists" in capsys.readouterr().err
    assert target.read_bytes() == b""


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("REDIS_URL", "redis://localhost", "the gallery is in Redis"),
        ("GALLERY_PATH", ":memory:", "keeps nothing"),
        ("GALLERY_PATH", "/nowhere/gallery.db", "no gallery at /nowhere/gallery.db"),
        ("PORT", "many", "PORT"),
    ],
)
def test_gallery_that_is_no_file_is_told(
    variable: str,
    value: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The message says why there is nothing to copy, and no file appears."""
    monkeypatch.setenv(variable, value)
    assert main(["backup", str(tmp_path / "backup.db")]) == 1
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_damaged_gallery_leaves_no_backup(
    open_sqlite: Opener, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page of the file is overwritten: better no new backup than one that is worth nothing."""
    gallery = open_sqlite()
    gallery.enroll_many([face(f"user-{number}", number) for number in range(40)], CALL)
    gallery.close()
    path = tmp_path / "gallery.db"
    data = bytearray(path.read_bytes())
    for start in range(2 * 16_384, len(data), 16_384):
        data[start : start + 64] = bytes(range(1, 65))
    path.write_bytes(data)
    assert main(["backup", str(tmp_path / "backup.db")]) == 1
    assert "failed" in capsys.readouterr().err
    assert not list(tmp_path.glob("backup*"))
