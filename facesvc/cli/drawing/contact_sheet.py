"""A contact sheet: each probe with the users who look like it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from facesvc.cli.drawing.canvas import DrawingError, font_of, open_upright, save
from facesvc.cli.enrolment.photos import read_photo_list
from facesvc.v1 import gallery_service_pb2 as pb

TILE_PX, GAP_PX, TEXT_PX = 176, 14, 14
_TEXT_LINES = 2
_GROUND, _INK, _EMPTY = (250, 250, 250), (20, 20, 20), (225, 228, 233)
_MOST_ROWS = 200


@dataclass(frozen=True)
class Row:
    """A probe and its matches; ``reason`` why it has no answer."""

    photo: str
    matches: Sequence[pb.Match]
    reason: str = ""


def write_contact_sheet(
    target: Path, rows: list[Row], pictures: Mapping[str, bytes], enrolled: Path | None
) -> None:
    """Write a row for each probe: it, then its matches with names and similarities.

    ``enrolled`` is a folder of enrolled photos, from which the matches are shown; without it
    their tiles stay empty. Raises DrawingError, PhotoListError, OSError.
    """
    if len(rows) > _MOST_ROWS:
        raise DrawingError(f"A contact sheet has at most {_MOST_ROWS} photos, not {len(rows)}.")
    faces = read_photo_list(enrolled).users if enrolled else {}
    columns = 1 + max((len(row.matches) for row in rows), default=0)
    width = columns * (TILE_PX + GAP_PX) + GAP_PX
    row_height = TILE_PX + GAP_PX + int(TEXT_PX * 1.4) * _TEXT_LINES
    sheet = Image.new("RGB", (width, max(1, len(rows)) * row_height + GAP_PX), _GROUND)
    for number, row in enumerate(rows):
        top = GAP_PX + number * row_height
        note = row.reason or ("" if row.matches else "nobody")
        _tile(sheet, 0, top, pictures.get(row.photo), [Path(row.photo).name, note])
        for column, match in enumerate(row.matches, 1):
            photos = faces.get(match.user_id)
            shown = photos[0].path.read_bytes() if photos else None
            text = [match.name or match.user_id, f"{match.similarity:.3f}"]
            _tile(sheet, column, top, shown, text)
    save(sheet, target)


def _tile(sheet: Image.Image, column: int, top: int, photo: bytes | None, lines: list[str]) -> None:
    left = GAP_PX + column * (TILE_PX + GAP_PX)
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((left, top, left + TILE_PX - 1, top + TILE_PX - 1), fill=_EMPTY)
    if photo:
        try:
            picture = ImageOps.contain(open_upright(photo), (TILE_PX, TILE_PX))
        except DrawingError:
            lines = [lines[0], f"cannot be drawn {lines[1]}".strip()]
        else:
            x, y = (TILE_PX - picture.width) // 2, (TILE_PX - picture.height) // 2
            sheet.paste(picture, (left + x, top + y))
    font = font_of(TEXT_PX)
    for number, line in enumerate(lines):
        while line and draw.textlength(line, font=font) > TILE_PX:
            line = line[:-2] + "\N{HORIZONTAL ELLIPSIS}"
        draw.text((left, top + TILE_PX + 3 + int(TEXT_PX * 1.4) * number), line, _INK, font)
