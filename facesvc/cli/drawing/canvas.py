"""Opening photos as the service sees them, and writing pictures."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError

_JPEG_QUALITY = 92
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class DrawingError(Exception):
    """A picture cannot be drawn; the message says why."""


def open_upright(photo: bytes) -> Image.Image:
    """Return the photo as RGB, turned as its EXIF says. Raises DrawingError."""
    try:
        with Image.open(io.BytesIO(photo)) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise DrawingError(f"The photo cannot be drawn on: {error}") from None


def save(image: Image.Image, target: Path) -> None:
    """Write the picture in the format of its suffix. Raises DrawingError, OSError."""
    if target.suffix.lower() not in Image.registered_extensions():
        raise DrawingError(f"{target}: draw into a .jpg or .png file.")
    image.save(target, quality=_JPEG_QUALITY)


def font_of(size_px: int) -> Font:
    """Return the font that comes with Pillow."""
    return ImageFont.load_default(size_px)


def write_label(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    lines: list[str],
    font: Font,
    fill: tuple[int, int, int],
) -> None:
    """Write lines on a filled ground, dark on light or light on dark, from the top left."""
    text = "\n".join(lines)
    left, top, right, bottom = draw.multiline_textbbox(at, text, font=font)
    pad = max(2.0, (bottom - top) * 0.08)
    draw.rectangle((left - pad, top - pad, right + pad, bottom + pad), fill=fill)
    is_light = 0.299 * fill[0] + 0.587 * fill[1] + 0.114 * fill[2] > 120  # ITU-R BT.601 luma
    draw.multiline_text(at, text, font=font, fill=(0, 0, 0) if is_light else (255, 255, 255))
