"""Which photos are to be enrolled for whom."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


class PhotoListError(Exception):
    """The folder or the CSV file does not say what to enrol."""


@dataclass(frozen=True)
class PhotoEntry:
    """One photo of one user."""

    user_id: str
    path: Path
    name: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


def read_photo_list(source: Path) -> dict[str, list[PhotoEntry]]:
    """Return each user's photos in order, from a folder with a folder per user, or a CSV file.

    Raises PhotoListError.
    """
    entries = _read_csv(source) if source.is_file() else _read_folder(source)
    users: dict[str, list[PhotoEntry]] = defaultdict(list)
    for entry in entries:
        users[entry.user_id].append(entry)
    if not users:
        raise PhotoListError(f"{source} holds no photos in folders named by user.")
    return dict(users)


def _read_folder(source: Path) -> list[PhotoEntry]:
    if not source.is_dir():
        raise PhotoListError(f"{source} is neither a folder nor a CSV file.")
    return [
        PhotoEntry(folder.name, photo, name=folder.name.replace("_", " "))
        for folder in sorted(source.iterdir())
        if folder.is_dir()
        for photo in sorted(folder.iterdir())
        if photo.suffix.lower() in SUFFIXES
    ]


def _read_csv(source: Path) -> list[PhotoEntry]:
    """Columns user_id and photo (relative to the file), optionally name and metadata (JSON)."""
    with source.open(newline="", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(lines)
        missing = {"user_id", "photo"} - set(reader.fieldnames or ())
        if missing:
            raise PhotoListError(f"{source} lacks the columns {sorted(missing)}.")
        entries = []
        for row in reader:
            try:
                metadata = json.loads(row.get("metadata") or "{}")
            except json.JSONDecodeError as error:
                raise PhotoListError(
                    f"{source}, line {reader.line_num}: metadata is no JSON: {error}"
                ) from None
            if not row["user_id"] or not row["photo"] or not isinstance(metadata, dict):
                raise PhotoListError(
                    f"{source}, line {reader.line_num}: user_id and photo must be filled and "
                    "metadata be a JSON object."
                )
            path = source.parent / row["photo"]
            entries.append(PhotoEntry(row["user_id"], path, row.get("name") or "", metadata))
        return entries
