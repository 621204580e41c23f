"""The items of a HEIF file: what AVIF and HEIC have in common (ISO/IEC 23008-12, 14496-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

_MAX_BOXES = 2200  # in one box
_MAX_ITEMS = 2048  # a photo of 48 megapixels in tiles of 512 pixels has 200
_MAX_PROPERTIES = 4096
_ALPHA = (b":auxiliary:alpha", b":hevc:2015:auxid:1\0")


class BrokenItemsError(Exception):
    """The boxes contradict themselves or the file's length."""


@dataclass(frozen=True)
class Box:
    """A box's type and where its content lies in the file."""

    kind: bytes
    start: int
    end: int


@dataclass
class Item:
    """An item of the file; ``properties`` are its boxes' types and contents, in order."""

    kind: bytes = b""
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    extents: list[tuple[int, int]] = field(default_factory=list)  # from, to; in ``source``
    source: bytes = b""
    tiles: tuple[int, ...] = ()  # the items that a derived one is made of
    serves: tuple[int, ...] = ()  # the items that an auxiliary one (transparency, depth) is for

    def find(self, kind: bytes) -> bytes:
        """Return the first property of a type, b"" for none."""
        return next((body for name, body in self.properties if name == kind), b"")

    @property
    def is_alpha(self) -> bool:
        """True for the alpha channel of another item."""
        return any(name in self.find(b"auxC") for name in _ALPHA)

    @property
    def data(self) -> bytes:
        """The item's bytes, its extents joined."""
        return b"".join(self.source[start:end] for start, end in self.extents)


@dataclass
class Items:
    """All items of a file by number, and which of them is the picture."""

    primary: int
    by_number: dict[int, Item]

    def transparency(self) -> Item | None:
        """Return the item that holds the picture's alpha channel, None when it is opaque."""
        for item in self.by_number.values():
            if self.primary in item.serves and item.is_alpha:
                return item
        return None


def read_items(data: bytes) -> Items | None:
    """Return a file's items, None when it has no still picture (a video or a sequence).

    Raises BrokenItemsError.
    """
    try:
        metas = [box for box in _boxes(data, 0, len(data)) if box.kind == b"meta"]
        return _read_meta(data, metas[0]) if metas else None
    except (struct.error, IndexError):
        raise BrokenItemsError("its boxes cannot be read") from None


def _boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    for _ in range(_MAX_BOXES):
        if start + 8 > end:
            return
        size, kind = struct.unpack_from(">I4s", data, start)
        header = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start + 8)
            header = 16
        elif size == 0:
            size = end - start
        if size < header or start + size > end:
            raise BrokenItemsError("a box is longer than the file")
        yield Box(kind, start + header, start + size)
        start += size
    raise BrokenItemsError("it has too many boxes")


def _read_meta(data: bytes, meta: Box) -> Items | None:
    parts = {box.kind: box for box in _boxes(data, meta.start + 4, meta.end)}
    if not {b"pitm", b"iinf", b"iloc", b"iprp"} <= parts.keys():
        return None
    primary = parts[b"pitm"]
    number_size = 2 if data[primary.start] == 0 else 4
    found = Items(_number(data, primary.start + 4, number_size), {})
    _read_kinds(data, parts[b"iinf"], found)
    inner = parts.get(b"idat")
    _read_locations(data, parts[b"iloc"], data[inner.start : inner.end] if inner else b"", found)
    _read_properties(data, parts[b"iprp"], found)
    if b"iref" in parts:
        _read_references(data, parts[b"iref"], found)
    return found if found.primary in found.by_number else None


def _number(data: bytes, start: int, size: int) -> int:
    if start + size > len(data):
        raise BrokenItemsError("a box is longer than the file")
    return int.from_bytes(data[start : start + size], "big")


def _read_kinds(data: bytes, box: Box, found: Items) -> None:
    start = box.start + (6 if data[box.start] == 0 else 8)
    for entry in _boxes(data, start, box.end):
        version = data[entry.start]
        if entry.kind != b"infe" or version < 2:
            continue
        size = 2 if version == 2 else 4
        number = _number(data, entry.start + 4, size)
        kind = entry.start + 4 + size + 2
        found.by_number[number] = Item(data[kind : kind + 4])
        if len(found.by_number) > _MAX_ITEMS:
            raise BrokenItemsError("it has too many items")


def _read_locations(data: bytes, box: Box, inner: bytes, found: Items) -> None:
    version = data[box.start]
    sizes, more = data[box.start + 4], data[box.start + 5]
    offset_size, length_size, base_size = sizes >> 4, sizes & 15, more >> 4
    index_size = more & 15 if version else 0
    number_size = 2 if version < 2 else 4
    position = box.start + 6
    count = _number(data, position, number_size)
    position += number_size
    for _ in range(min(count, _MAX_ITEMS + 1)):
        number = _number(data, position, number_size)
        position += number_size
        method = _number(data, position, 2) & 15 if version else 0
        position += 4 if version else 2  # with the data reference
        base = _number(data, position, base_size)
        extents = _number(data, position + base_size, 2)
        position += base_size + 2
        item = found.by_number.get(number, Item())
        item.source = inner if method == 1 else data
        for _ in range(extents):
            if position >= box.end:
                raise BrokenItemsError("a box is longer than the file")
            position += index_size
            offset = base + _number(data, position, offset_size)
            length = _number(data, position + offset_size, length_size)
            position += offset_size + length_size
            length = length or len(item.source) - offset
            if method > 1 or offset + length > len(item.source):
                # Only what is decoded has to be whole: previews may be cut off.
                offset = length = -1
            item.extents.append((offset, offset + length))


def _read_properties(data: bytes, box: Box, found: Items) -> None:
    known: list[tuple[bytes, bytes]] = []
    associations = []
    for part in _boxes(data, box.start, box.end):
        if part.kind == b"ipco":
            known = [(p.kind, data[p.start : p.end]) for p in _boxes(data, part.start, part.end)]
        elif part.kind == b"ipma":
            associations.append(part)
    for part in associations:
        version, wide = data[part.start], bool(data[part.start + 3] & 1)
        number_size = 2 if version < 1 else 4
        position, count = part.start + 8, _number(data, part.start + 4, 4)
        for _ in range(min(count, _MAX_ITEMS + 1)):
            item = found.by_number.get(_number(data, position, number_size), Item())
            position += number_size
            many = _number(data, position, 1)
            position += 1
            for _ in range(many):
                index = _number(data, position, 2 if wide else 1) & (0x7FFF if wide else 0x7F)
                position += 2 if wide else 1
                if 0 < index <= len(known) and len(item.properties) < _MAX_PROPERTIES:
                    item.properties.append(known[index - 1])


def _read_references(data: bytes, box: Box, found: Items) -> None:
    size = 2 if data[box.start] == 0 else 4
    for entry in _boxes(data, box.start + 4, box.end):
        source = found.by_number.get(_number(data, entry.start, size))
        count = _number(data, entry.start + size, 2)
        if entry.start + size + 2 + count * size > entry.end:
            raise BrokenItemsError("a box is longer than the file")
        first = entry.start + size + 2
        targets = tuple(_number(data, first + index * size, size) for index in range(count))
        if source is not None and entry.kind == b"dimg":
            source.tiles = targets
        if source is not None and entry.kind == b"auxl":
            source.serves = targets
