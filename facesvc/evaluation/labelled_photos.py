"""Which photos show whom, and what else is known of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".heic"}
)
LIVE = "live"


class LabelError(Exception):
    """The photos' labels cannot be read; the message names the file and line."""


@dataclass(frozen=True)
class LabelledPhoto:
    """One photo. ``person`` is "" where only liveness is labelled; ``groups`` maps a column
    (age, sex, region) to its value; ``presentation`` is "live", an attack's kind, or "".
    """

    path: Path
    person: str
    groups: Mapping[str, str] = field(default_factory=dict)
    presentation: str = ""


@dataclass(frozen=True)
class LabelledSet:
    """Photos in a fixed order. ``pairs`` are indices of photos and whether they show one person;
    None means that every pair of photos counts.
    """

    photos: Sequence[LabelledPhoto]
    pairs: Sequence[tuple[int, int, bool]] | None = None


def read_labels(source: Path, pairs: Path | None = None, same: Path | None = None) -> LabelledSet:
    """Return a folder's photos (a folder per person), or a CSV file's; ``pairs`` names a file in
    the format of LFW's pairs.txt that restricts a folder's comparisons, ``same`` one whose lines
    are names of one person, by blanks. Raises LabelError, OSError.
    """
    photos = list(_read_csv(source) if source.is_file() else _read_folder(source))
    one = _read_same(same) if same else {}
    photos = [replace(photo, person=one.get(photo.person, photo.person)) for photo in photos]
    if not photos:
        raise LabelError(f"{source} holds no photos in folders named by person.")
    return LabelledSet(photos, _read_pairs(pairs, photos) if pairs else None)


def _read_same(source: Path) -> dict[str, str]:
    one: dict[str, str] = {}
    for line in source.read_text(encoding="utf-8").splitlines():
        names = line.split("#")[0].split()
        one.update(dict.fromkeys(names, " ".join(names)))
    return one


def _read_folder(source: Path) -> Iterator[LabelledPhoto]:
    if not source.is_dir():
        raise LabelError(f"{source} is neither a folder nor a CSV file.")
    for folder in sorted(path for path in source.iterdir() if path.is_dir()):
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in SUFFIXES:
                yield LabelledPhoto(path, folder.name)


def _read_csv(source: Path) -> Iterator[LabelledPhoto]:
    """Columns photo (relative to the file) and person or presentation; all others are groups."""
    with source.open(newline="", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(lines)
        columns = set(reader.fieldnames or ())
        if "photo" not in columns or not columns & {"person", "presentation"}:
            raise LabelError(f"{source} needs the column photo, and person or presentation.")
        names = sorted(columns - {"photo", "person", "presentation"})
        for row in reader:
            if not row["photo"]:
                raise LabelError(f"{source}, line {reader.line_num}: photo is empty.")
            yield LabelledPhoto(
                source.parent / row["photo"],
                row.get("person") or "",
                {name: row[name] for name in names if row[name]},
                row.get("presentation") or "",
            )


def _read_pairs(source: Path, photos: Sequence[LabelledPhoto]) -> list[tuple[int, int, bool]]:
    """Lines ``person i j`` and ``person i other j``, numbers from 1 within a person's folder."""
    by_person: dict[str, list[int]] = {}
    for index, photo in enumerate(photos):
        by_person.setdefault(photo.person, []).append(index)
    pairs = []
    for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), 1):
        fields = line.split()
        try:
            if len(fields) == 3:
                person, first, second = fields
                own = by_person[person]
                pairs.append((own[int(first) - 1], own[int(second) - 1], True))
            elif len(fields) == 4:
                person, first, other, second = fields
                pairs.append(
                    (by_person[person][int(first) - 1], by_person[other][int(second) - 1], False)
                )
            elif len(fields) > 2:
                raise ValueError(len(fields))
        except (KeyError, IndexError, ValueError):
            raise LabelError(f"{source}, line {number}: names no photo of the folder.") from None
    return pairs
