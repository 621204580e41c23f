"""A photo with its faces marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from PIL import Image, ImageDraw

from facesvc.cli.drawing.canvas import font_of, open_upright, save, write_label

_LEAST_FONT_PX, _FONTS_PER_PHOTO = 12, 45


class Mood(Enum):
    """What a face's colour says; the label says it in words, too."""

    GOOD = (60, 180, 75)
    DOUBTFUL = (245, 170, 30)
    UNKNOWN = (130, 140, 155)


@dataclass(frozen=True)
class FaceMark:
    """``box``: x1, y1, x2, y2 in pixels of the upright photo; ``landmarks``: points in it."""

    box: tuple[int, ...]
    lines: list[str]
    mood: Mood
    landmarks: Sequence[tuple[float, float]] = ()


def write_marked(target: Path, photo: bytes, marks: list[FaceMark]) -> None:
    """Write the photo with boxes, landmarks and labels. Raises DrawingError, OSError."""
    image = open_upright(photo)
    mark_faces(image, marks)
    save(image, target)


def mark_faces(image: Image.Image, marks: list[FaceMark]) -> None:
    """Draw the marks into the image."""
    draw = ImageDraw.Draw(image)
    size = max(_LEAST_FONT_PX, min(image.size) // _FONTS_PER_PHOTO)
    font = font_of(size)
    line = max(2, size // 6)
    for mark in marks:
        x1, y1, x2, y2 = mark.box
        draw.rectangle((x1, y1, x2, y2), outline=mark.mood.value, width=line)
        for x, y in mark.landmarks:
            draw.ellipse((x - line, y - line, x + line, y + line), fill=mark.mood.value)
    for mark in marks:  # above every box
        x1, y1, _, y2 = mark.box
        height = size * 1.35 * len(mark.lines)
        below = y2 + line * 2
        top = below if below + height < image.height else max(0.0, y1 - height - line * 2)
        write_label(draw, (x1 + line, top), mark.lines, font, mark.mood.value)
