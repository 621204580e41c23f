"""Reads the first directory of a TIFF (TIFF 6.0; BigTIFF)."""

from __future__ import annotations

import struct

from facesvc.images.decode.decode_limits import DecodeLimits
from facesvc.images.decode.structure import (
    UPRIGHT,
    Container,
    Structure,
    damaged,
    unsupported,
)

_TIFF = Container.TIFF
_MAX_ENTRIES = 512
_MAX_PIECES = 1 << 18  # strips or tiles
_LARGEST_TILE_SIDE = 8192
# Field type -> bytes and format; only those that the tags below have.
_KINDS = {1: (1, "B"), 3: (2, "H"), 4: (4, "I"), 16: (8, "Q")}
_WIDTH, _HEIGHT, _DEPTH, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIPS, _ORIENTATION, _SAMPLES, _STRIP_BYTES = 273, 274, 277, 279
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES = 322, 323, 324, 325
_EXTRA_SAMPLES, _SAMPLE_FORMAT, _DNG_VERSION, _CFA = 338, 339, 50706, 33421
_READ = frozenset(
    {
        *(_WIDTH, _HEIGHT, _DEPTH, _COMPRESSION, _PHOTOMETRIC, _STRIPS, _ORIENTATION, _SAMPLES),
        *(_STRIP_BYTES, _TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES, _EXTRA_SAMPLES),
        _SAMPLE_FORMAT,
    }
)
_PLAIN = 1
_SWAPPING_SIDES = (5, 6, 7, 8)
_OTHER_COMPRESSIONS = {
    6: "JPEG of the old kind",
    34676: "SGI LogLuv",
    34677: "SGI LogLuv",
    34712: "JPEG 2000",
    34887: "LERC",
    50001: "WebP",
    50002: "JPEG XL",
    52546: "JPEG XL",
}
_FLOAT = 3

Fields = dict[int, tuple[int, ...]]


def walk_tiff(data: bytes, limits: DecodeLimits) -> Structure:
    """Return the claims of the first page. Raises ImageUndecodableError, ImageUnsupportedError."""
    try:
        fields = _read_directory(data)
        width, height = fields[_WIDTH][0], fields[_HEIGHT][0]
        pieces, counts = _pieces(fields)
    except (struct.error, IndexError, KeyError, OverflowError):
        raise damaged(_TIFF, "its directory cannot be read") from None
    depths, samples = fields.get(_DEPTH, (1,)), fields.get(_SAMPLES, (1,))[0]
    if _FLOAT in fields.get(_SAMPLE_FORMAT, ()):
        raise unsupported(_TIFF, "A TIFF of floating-point samples")
    if not 1 <= samples <= 8 or max(depths) > 32:
        raise unsupported(_TIFF, f"A TIFF of {samples} samples of {max(depths)} bits")
    compression = fields.get(_COMPRESSION, (_PLAIN,))[0]
    if compression in _OTHER_COMPRESSIONS:
        raise unsupported(_TIFF, f"A TIFF compressed with {_OTHER_COMPRESSIONS[compression]}")
    tile = (fields.get(_TILE_WIDTH, (0,))[0], fields.get(_TILE_HEIGHT, (0,))[0])
    if max(tile) > _LARGEST_TILE_SIDE or tile[0] * tile[1] > limits.max_pixels:
        raise damaged(_TIFF, "its tiles are larger than it")
    payload = sum(counts)
    if len(pieces) != len(counts) or any(
        start + count > len(data) for start, count in zip(pieces, counts, strict=True)
    ):
        raise damaged(_TIFF, "it is cut short")
    bits = depths[0] * samples
    if compression == _PLAIN and payload * 8 < width * height * bits:
        raise damaged(_TIFF, "it holds fewer rows than it says")
    # Pillow turns a TIFF upright by itself.
    if fields.get(_ORIENTATION, (UPRIGHT,))[0] in _SWAPPING_SIDES:
        width, height = height, width
    return Structure(
        _TIFF,
        width,
        height,
        payload,
        channels=samples,
        has_alpha=_EXTRA_SAMPLES in fields,
    )


def is_raw(data: bytes) -> bool:
    """Tell whether a TIFF is what a camera's sensor wrote: DNG, NEF, ARW, CR2 and the like."""
    try:
        return data[8:10] == b"CR" or bool(_tags(data) & {_DNG_VERSION, _CFA})
    except (struct.error, IndexError, OverflowError):
        return False


def _pieces(fields: Fields) -> tuple[tuple[int, ...], tuple[int, ...]]:
    starts = fields.get(_TILES) or fields[_STRIPS]
    counts = fields.get(_TILE_BYTES) or fields[_STRIP_BYTES]
    return starts, counts


def _layout(data: bytes) -> tuple[str, int, int, int, str]:
    """Return byte order, the directory's start, its entries' number and size, their format."""
    order = "<" if data[:2] == b"II" else ">"
    (version,) = struct.unpack_from(f"{order}H", data, 2)
    if version == 43:
        (start,) = struct.unpack_from(f"{order}Q", data, 8)
        (count,) = struct.unpack_from(f"{order}Q", data, start)
        return order, start + 8, count, 20, "HHQ8s"
    (start,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, start)
    return order, start + 2, count, 12, "HHI4s"


def _tags(data: bytes) -> set[int]:
    order, start, count, size, _ = _layout(data)
    entries = range(min(count, _MAX_ENTRIES))
    return {struct.unpack_from(f"{order}H", data, start + index * size)[0] for index in entries}


def _read_directory(data: bytes) -> Fields:
    order, start, entries, size, layout = _layout(data)
    if entries > _MAX_ENTRIES:
        raise damaged(_TIFF, "its directory is too long")
    fields: Fields = {}
    for index in range(entries):
        tag, kind, count, value = struct.unpack_from(f"{order}{layout}", data, start + index * size)
        if tag not in _READ or kind not in _KINDS or tag in fields or not count:
            continue
        width, code = _KINDS[kind]
        if count > _MAX_PIECES:
            raise damaged(_TIFF, "a field of its directory is too long")
        if width * count > len(value):
            offset = int.from_bytes(value, "little" if order == "<" else "big")
            value = data[offset : offset + width * count]
        fields[tag] = struct.unpack_from(f"{order}{count}{code}", value)
    return fields
