"""Walks an AVIF or HEIC: the one picture that its primary item names, plain or as a grid of tiles.

Orientation is what the container says (irot, imir). EXIF inside is for information only: the
standard (ISO/IEC 23000-22, 7.3.2) has readers ignore it, and files exist whose pixels were turned
while their EXIF stayed.
"""

from __future__ import annotations

import struct
from dataclasses import replace

from facesvc.images.decode import av1
from facesvc.images.decode.heif_items import BrokenItemsError, Item, Items, read_items
from facesvc.images.decode.hevc import HevcPicture, Tile, coded_sizes
from facesvc.images.decode.structure import Container, Structure, damaged, unsupported

_CODED = {b"av01": Container.AVIF, b"hvc1": Container.HEIC, b"hev1": Container.HEIC}
_CONFIGS = {Container.AVIF: b"av1C", Container.HEIC: b"hvcC"}
_GRID = b"grid"
_MAX_TILES = 1024
# All pictures of an AVIF together, over the one that is shown: transparency, a gain map, previews.
_COPIES = 4
_PADDING_PIXELS = 512 * 512
# EXIF's orientation of a picture turned by so many quarters anticlockwise, and of one that is then
# mirrored left to right.
_TURNED, _TURNED_MIRRORED = (1, 8, 3, 6), (2, 7, 4, 5)


def walk_heif(data: bytes, container: Container) -> Structure:
    """Return the claims of an AVIF or HEIC. Raises ImageUndecodableError, ImageUnsupportedError."""
    try:
        items = read_items(data)
        if items is None:
            raise unsupported(container, f"{container.value} without a still picture")
        item = items.by_number[items.primary]
        tiles, columns = _tiles_of(items, item, container)
        container = _CODED.get(tiles[0].kind, container)
        if any(_CODED.get(tile.kind) is not container for tile in tiles):
            coding = tiles[0].kind.decode("latin-1").strip()
            raise unsupported(container, f"A {container.value} coded as {coding}")
        width, height = _size_of(item, container)
        payload = sum(end - start for tile in tiles for start, end in tile.extents)
        if any(start < 0 for tile in tiles for start, _ in tile.extents) or not payload:
            raise damaged(container, "it is cut short")
        found = Structure(
            container,
            width,
            height,
            payload,
            _orientation(item),
            crop=_aperture(item, width, height),
        )
        if container is Container.AVIF:
            return _with_av1(found, items, data)
        hevc = _hevc(found, tiles, columns)
        alpha = items.transparency()
        if alpha is not None and alpha.kind in (*_CODED, _GRID):
            hevc = replace(hevc, alpha=_hevc(found, *_tiles_of(items, alpha, container)))
        return replace(found, hevc=hevc, has_alpha=alpha is not None)
    except BrokenItemsError as error:
        raise damaged(container, str(error)) from None
    except (struct.error, IndexError, KeyError):
        raise damaged(container, "its boxes cannot be read") from None


def _tiles_of(items: Items, item: Item, container: Container) -> tuple[list[Item], int]:
    """Return the coded items that make the picture, and how many are in a row."""
    if item.kind == b"iden" and len(item.tiles) == 1:
        item = items.by_number[item.tiles[0]]
    if item.kind != _GRID:
        return [item], 1
    rows, columns = item.data[2] + 1, item.data[3] + 1
    if rows * columns != len(item.tiles) or len(item.tiles) > _MAX_TILES:
        raise damaged(container, "its grid lacks tiles")
    return [items.by_number[number] for number in item.tiles], columns


def _size_of(item: Item, container: Container) -> tuple[int, int]:
    extent = item.find(b"ispe")
    if len(extent) < 12:
        raise damaged(container, "it does not say how large it is")
    width, height = struct.unpack_from(">II", extent, 4)
    return width, height


def _orientation(item: Item) -> int:
    """Return EXIF's orientation of the item's transformations, which apply in their order."""
    quarters, mirrored = 0, False
    for kind, body in item.properties:
        if kind == b"irot":
            turn = body[0] & 3
        elif kind == b"imir":
            turn = 0 if body[0] & 1 else 2  # top to bottom is left to right after a half turn
        else:
            continue
        quarters = (quarters - turn if mirrored else quarters + turn) % 4
        mirrored ^= kind == b"imir"
    return (_TURNED_MIRRORED if mirrored else _TURNED)[quarters]


def _aperture(item: Item, width: int, height: int) -> tuple[int, int, int, int] | None:
    """Return the part that is shown (clap), None for all of it or when it makes no sense."""
    fields = item.find(b"clap")
    if len(fields) < 32:
        return None
    numbers = struct.unpack(">IIIIiIiI", fields[:32])
    if not all(numbers[1::2]):
        return None
    wide, high, right, down = (numbers[i] / numbers[i + 1] for i in range(0, 8, 2))
    left, top = round((width - wide) / 2 + right), round((height - high) / 2 + down)
    shown = (left, top, round(wide), round(high))
    inside = min(shown) >= 0 and left + shown[2] <= width and top + shown[3] <= height
    return shown if inside and min(shown[2:]) > 0 else None


def _with_av1(found: Structure, items: Items, data: bytes) -> Structure:
    """Hold every AV1 picture of the file against its size: the decoder chooses among them."""
    claimed, pixels, has_alpha = found.width * found.height, 0, False
    for item in items.by_number.values():
        if item.kind != b"av01":
            continue
        if not item.extents or any(start < 0 for start, _ in item.extents):
            raise damaged(Container.AVIF, "it is cut short")
        pixels += max(w * h for w, h in av1.coded_sizes(item.find(b"av1C"), item.data))
        has_alpha = has_alpha or item.is_alpha
    if not claimed <= pixels <= _COPIES * max(claimed, _PADDING_PIXELS):
        raise damaged(Container.AVIF, "its pictures are not of the size that it claims")
    # Of a sequence the decoder would take its first frame, not the still picture.
    still = data[:8] + b"avif" + data[12:] if data[8:12] == b"avis" else None
    return replace(found, has_alpha=has_alpha, still=still)


def _hevc(found: Structure, tiles: list[Item], columns: int) -> HevcPicture:
    """Return what the decoder is given. Raises ImageUndecodableError for another size."""
    coded = tuple(Tile(tile.find(b"hvcC"), tile.data) for tile in tiles)
    sizes = [max(w * h for w, h in coded_sizes(tile)) for tile in coded]
    # A picture is padded to whole blocks, and a grid to whole tiles.
    claimed = found.width * found.height
    if not claimed <= sum(sizes) <= 2 * max(claimed, _PADDING_PIXELS):
        raise damaged(Container.HEIC, "its pictures are not of the size that it claims")
    return HevcPicture(coded, columns)
