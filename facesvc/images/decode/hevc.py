"""HEVC pictures: their size from their own headers (ITU-T H.265, 7.3.2.2), and their pixels.

The decoder is FFmpeg's, by OpenCV's VideoCapture: it is in the process already, it is fuzzed
around the clock, and its licence is the LGPL. It sees nothing of the HEIC's container: only
parameter sets whose size was checked, and the slices.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.images.decode.bits import BitReader
from facesvc.images.decode.structure import Container, damaged

_HEIC = Container.HEIC
_START_CODE = b"\0\0\0\1"
_SPS, _PARAMETER_SETS, _LAST_SLICE = 33, (32, 33, 34), 31
_CONFIG_HEADER = 22  # bytes of hvcC before the parameter sets
_MAX_UNITS = 4096
# Without it FFmpeg takes every core that it finds.
_ONE_THREAD = [cv2.CAP_PROP_N_THREADS, 1]


@dataclass(frozen=True)
class Tile:
    """One coded picture: its decoder configuration (hvcC) and its item's data."""

    config: bytes
    data: bytes


@dataclass(frozen=True)
class HevcPicture:
    """Tiles in rows of ``columns``, from the left upper corner; a plain picture is one tile."""

    tiles: tuple[Tile, ...]
    columns: int
    alpha: HevcPicture | None = None


def coded_sizes(tile: Tile) -> list[tuple[int, int]]:
    """Return the sizes of all sequence parameter sets, in the configuration and in the data.

    Raises ImageUndecodableError.
    """
    sizes = []
    try:
        slices = 0
        for unit in (*_configured(tile.config), *_units(tile.data, _length_bytes(tile.config))):
            kind, layer = unit[0] >> 1 & 0x3F, (unit[0] & 1) << 5 | unit[1] >> 3
            slices += kind <= _LAST_SLICE
            if kind == _SPS and layer == 0:
                sizes.append(_read_size(unit))
    except (EOFError, IndexError, struct.error):
        raise damaged(_HEIC, "its HEVC headers cannot be read") from None
    if not sizes or not slices:
        raise damaged(_HEIC, "it holds no picture")
    return sizes


def decode_hevc(picture: HevcPicture) -> NDArray[np.uint8]:
    """Return the joined tiles, uint8 (height, width, 3) BGR or, with transparency, (..., 4) BGRA.

    Raises ImageUndecodableError.
    """
    colours = _join(picture)
    if picture.alpha is None:
        return colours
    alpha = _join(picture.alpha)[..., 0]
    if alpha.shape != colours.shape[:2]:
        raise damaged(_HEIC, "its transparency is of another size")
    return np.dstack([colours, alpha])


def _join(picture: HevcPicture) -> NDArray[np.uint8]:
    stream, config = bytearray(), b""
    for tile in picture.tiles:
        if tile.config != config:
            config = tile.config
            stream += b"".join(_START_CODE + unit for unit in _configured(config))
        for unit in _units(tile.data, _length_bytes(config)):
            stream += _START_CODE + unit
    frames = list(_frames(bytes(stream), len(picture.tiles)))
    shapes = {frame.shape for frame in frames}
    if len(frames) != len(picture.tiles) or len(shapes) != 1:
        raise damaged(_HEIC, "its pixels cannot be decoded")
    columns = picture.columns
    if len(frames) == 1:
        return frames[0]
    rows = [np.hstack(frames[start : start + columns]) for start in range(0, len(frames), columns)]
    return np.vstack(rows)


def _frames(stream: bytes, count: int) -> Iterator[NDArray[np.uint8]]:
    # A file in memory: OpenCV 4.14 crashes on streams that it reads from a Python object.
    handle = os.memfd_create("heic", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(handle), "wb") as file:
            file.write(stream)
        video = cv2.VideoCapture(f"/proc/self/fd/{handle}", cv2.CAP_FFMPEG, _ONE_THREAD)
        try:
            for _ in range(count):
                decoded, pixels = video.read()
                if not decoded:
                    return
                yield np.asarray(pixels, np.uint8)
        finally:
            video.release()
    finally:
        os.close(handle)


def _length_bytes(config: bytes) -> int:
    return (config[21] & 3) + 1


def _configured(config: bytes) -> Iterator[bytes]:
    """Return the parameter sets of a configuration (ISO/IEC 14496-15, 8.3.3.1)."""
    position = _CONFIG_HEADER + 1
    for _ in range(config[_CONFIG_HEADER]):
        (count,) = struct.unpack_from(">H", config, position + 1)
        position += 3
        for _ in range(count):
            (length,) = struct.unpack_from(">H", config, position)
            unit = config[position + 2 : position + 2 + length]
            if length < 2 or len(unit) != length:
                raise EOFError
            if unit[0] >> 1 & 0x3F in _PARAMETER_SETS:
                yield unit
            position += 2 + length


def _units(data: bytes, length_bytes: int) -> Iterator[bytes]:
    position = 0
    for _ in range(_MAX_UNITS):
        if position >= len(data):
            return
        start = position + length_bytes
        length = int.from_bytes(data[position:start], "big")
        position = start + length
        if length < 2 or position > len(data):
            raise EOFError
        yield data[start:position]
    raise EOFError


def _read_size(unit: bytes) -> tuple[int, int]:
    """Return width and height of a sequence parameter set, before its cropping."""
    bits = BitReader(unit[2:512].replace(b"\0\0\3", b"\0\0"))
    bits.take(4)
    sub_layers = bits.take(3)
    bits.take(1 + 96)  # temporal nesting; profile, tier and level
    present = [(bits.flag(), bits.flag()) for _ in range(sub_layers)]
    if sub_layers:
        bits.take(2 * (8 - sub_layers))
    for profile, level in present:
        bits.take(88 * profile + 8 * level)
    bits.exp_golomb()
    if bits.exp_golomb() == 3:  # 4:4:4
        bits.take(1)
    return bits.exp_golomb(), bits.exp_golomb()
