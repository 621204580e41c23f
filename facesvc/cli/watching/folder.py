"""Photos as they come into a folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from facesvc.cli.enrolment.sniff import is_photo
from facesvc.cli.watching.frame import Frame

LOOK_EVERY_S = 0.25


def folder_frames(
    folder: Path, *, existing: bool, idle_s: float | None, skipped: Callable[[str, str], None]
) -> Iterator[Frame]:
    """Yield the photos that come into a folder, and with ``existing`` those that are there.

    A file is read once its size has stood still. Files that are no photos, or cannot be read, are
    told to ``skipped`` with the reason. Ends after ``idle_s`` seconds without a new file.
    """
    known = set() if existing else set(_files(folder))
    growing: dict[Path, int] = {}
    last = time.monotonic()
    while True:
        for path, size in sorted(_files(folder).items()):
            if path in known:
                continue
            last = time.monotonic()
            if growing.get(path) != size:
                growing[path] = size
                continue
            known.add(path)
            frame = _read(path, skipped)
            if frame:
                yield frame
        if idle_s is not None and time.monotonic() - last > idle_s:
            return
        time.sleep(LOOK_EVERY_S)


def _files(folder: Path) -> dict[Path, int]:
    found = {}
    for path in folder.iterdir():
        try:
            if path.is_file():
                found[path] = path.stat().st_size
        except OSError:
            continue  # gone again
    return found


def _read(path: Path, skipped: Callable[[str, str], None]) -> Frame | None:
    try:
        if is_photo(path):
            return Frame(str(path), path.read_bytes())
        skipped(str(path), "NOT_A_PHOTO")
    except OSError as error:
        skipped(str(path), error.strerror or "UNREADABLE")
    return None
