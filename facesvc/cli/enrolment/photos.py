"""Which photos are to be enrolled for whom, and which files are left out and why."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facesvc.cli.enrolment.outcome import Kind, Outcome
from facesvc.cli.enrolment.sniff import is_photo

NO_USER_TEXT = "beside folders, it says no user: put it into a user's folder, or use --user"


class PhotoListError(Exception):
    """The source does not say what to enrol."""


@dataclass(frozen=True)
class PhotoEntry:
    """One photo of one user."""

    user_id: str
    path: Path
    name: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class PhotoList:
    """Each user's photos in order, and an outcome for each file that is left out."""

    users: dict[str, list[PhotoEntry]] = field(default_factory=dict)
    left_out: list[Outcome] = field(default_factory=list)

    def add(self, entry: PhotoEntry) -> None:
        """Take a photo in."""
        self.users.setdefault(entry.user_id, []).append(entry)

    def leave_out(self, path: Path, kind: Kind, reason: str, message: str = "") -> None:
        """Remember a file that is not sent."""
        self.left_out.append(Outcome(kind, "", str(path), reason, message))

    def __len__(self) -> int:
        return sum(map(len, self.users.values()))


def read_photo_list(source: Path, *, user: str = "", name: str = "") -> PhotoList:
    """Return what a source asks for. Raises PhotoListError when it holds no photo.

    A source is one photo of ``user``; a folder of ``user``'s photos; a folder with a folder for
    each user, however deep the photos lie in it; a folder of photos alone, each named like its
    user; or a CSV file.
    """
    if source.is_dir():
        photos = _read_folder(source, user, name)
    elif not source.exists():
        raise PhotoListError(f"There is no {source}.")
    elif user:
        photos = PhotoList({user: [PhotoEntry(user, source, name or shown_name(user))]})
    elif is_photo(source):
        raise PhotoListError(
            f"{source} is one photo: say whose, as in"
            f" facesvc enroll {source} --user {source.stem} --name 'Their Name'."
        )
    else:
        photos = _read_csv(source)
    if not photos.users:
        raise PhotoListError(_nothing(source, photos))
    return photos


def shown_name(user_id: str) -> str:
    """Return the name that a folder's or file's name stands for."""
    return user_id.replace("_", " ")


def _nothing(source: Path, photos: PhotoList) -> str:
    text = f"{source} holds no photos in folders named by user"
    names = [f"{Path(each.photo).name} ({each.reason})" for each in photos.left_out]
    more = f", and {len(names) - 10} more" if len(names) > 10 else ""
    return text + (f"; it holds {', '.join(names[:10])}{more}." if names else ".")


def _read_folder(source: Path, user: str, name: str) -> PhotoList:
    photos = PhotoList()
    found: list[Path] = []
    for path in _files_below(source, photos):
        try:
            if is_photo(path):
                found.append(path)
            else:
                photos.leave_out(path, Kind.SKIPPED, "NOT_A_PHOTO")
        except OSError as error:
            photos.leave_out(path, Kind.UNREADABLE, "UNREADABLE", error.strerror or str(error))
    has_folders = any(path.parent != source for path in found)
    for path in found:
        inside = path.relative_to(source).parts
        whose = user or (inside[0] if len(inside) > 1 else path.stem)
        if not user and has_folders and len(inside) == 1:
            photos.leave_out(path, Kind.REFUSED, "NO_USER", NO_USER_TEXT)
        else:
            photos.add(PhotoEntry(whose, path, name or shown_name(whose)))
    return photos


def _files_below(source: Path, photos: PhotoList) -> Iterator[Path]:
    """Yield every file below a folder in order, through links, but round no circle of links."""

    def unreadable(error: OSError) -> None:
        photos.leave_out(
            Path(error.filename), Kind.UNREADABLE, "UNREADABLE", error.strerror or str(error)
        )

    seen: set[Path] = set()
    for folder, folders, files in os.walk(source, onerror=unreadable, followlinks=True):
        real = Path(folder).resolve()
        if real in seen:
            folders.clear()
            photos.leave_out(Path(folder), Kind.SKIPPED, "SEEN_BEFORE", f"leads to {real}")
            continue
        seen.add(real)
        folders.sort()
        yield from (Path(folder, file) for file in sorted(files))


def _read_csv(source: Path) -> PhotoList:
    """Columns user_id and photo (relative to the file), optionally name and metadata (JSON)."""
    photos = PhotoList()
    try:
        with source.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            missing = {"user_id", "photo"} - set(reader.fieldnames or ())
            if missing:
                raise PhotoListError(f"{source} lacks the columns {sorted(missing)}.")
            for row in reader:
                photos.add(_csv_entry(source, reader.line_num, row))
    except (UnicodeDecodeError, csv.Error) as error:
        raise PhotoListError(
            f"{source} is neither a folder, a photo nor a CSV file: {error}"
        ) from None
    return photos


def _csv_entry(source: Path, line: int, row: Mapping[str, str | None]) -> PhotoEntry:
    try:
        metadata = json.loads(row.get("metadata") or "{}")
    except json.JSONDecodeError as error:
        raise PhotoListError(f"{source}, line {line}: metadata is no JSON: {error}") from None
    user_id, photo = row["user_id"], row["photo"]
    if not user_id or not photo or not isinstance(metadata, dict):
        raise PhotoListError(
            f"{source}, line {line}: user_id and photo must be filled and "
            "metadata be a JSON object."
        )
    return PhotoEntry(user_id, source.parent / photo, row.get("name") or "", metadata)
