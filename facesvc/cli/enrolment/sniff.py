"""Telling images from other files by their first bytes, because names lie or say nothing."""

from __future__ import annotations

from pathlib import Path

HEAD_BYTES = 32

# Suffixes that promise an image: such a file is sent whatever it holds, and the service says what
# is wrong with it.
SUFFIXES = frozenset(
    {
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".pjpeg", ".pjp", ".png", ".apng", ".webp"),
        *(".heic", ".heif", ".hif", ".avif", ".avifs", ".jp2", ".j2k", ".jpx", ".jxl", ".gif"),
        *(".bmp", ".dib", ".tif", ".tiff", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf"),
        *(".rw2", ".raf"),
    }
)

_SIGNATURES: tuple[tuple[int, bytes], ...] = (
    (0, b"\xff\xd8\xff"),  # JPEG
    (0, b"\x89PNG\r\n\x1a\n"),
    (8, b"WEBP"),  # after RIFF and the size
    (0, b"GIF8"),
    (0, b"II*\x00"),  # TIFF, and most cameras' raw files
    (0, b"MM\x00*"),
    (0, b"\xff\x0a"),  # JPEG XL, bare
    (0, b"\x00\x00\x00\x0cJXL \r\n\x87\n"),
    (0, b"\x00\x00\x00\x0cjP  \r\n\x87\n"),  # JPEG 2000
    (0, b"\xff\x4f\xff\x51"),  # JPEG 2000, bare
)
_BMP, _BMP_HEADERS = b"BM", (12, 40, 52, 56, 64, 108, 124)
# ISO/IEC 14496-12: size, "ftyp", then the brand; these brands are pictures, not films.
_FTYP_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis", b"crx "}
)


def looks_like_image(head: bytes) -> bool:
    """Tell whether a file that begins so is an image of any common kind."""
    if any(head[at:].startswith(mark) for at, mark in _SIGNATURES):
        return True
    if head[4:8] == b"ftyp":
        return head[8:12] in _FTYP_BRANDS
    return head.startswith(_BMP) and int.from_bytes(head[14:18], "little") in _BMP_HEADERS


def is_photo(path: Path) -> bool:
    """Tell whether a file is an image, or is named like one. Raises OSError."""
    if path.suffix.lower() in SUFFIXES and not path.name.startswith("._"):
        return True  # macOS keeps a file's attributes in ._photo.jpg, which is none
    with path.open("rb") as file:
        return looks_like_image(file.read(HEAD_BYTES))
