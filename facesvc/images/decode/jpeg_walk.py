"""Walks a JPEG from marker to marker (ITU-T T.81, annex B).

A JPEG without its end marker is refused: decoders fill the missing rows with grey, and an
embedding of half a face is worse than an error. Bytes after the end marker are common (phones
append previews and video there) and are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facesvc.images.decode.exif import read_orientation
from facesvc.images.decode.structure import (
    UPRIGHT,
    Container,
    Structure,
    damaged,
    unsupported,
)

_JPEG = Container.JPEG
# Files of real cameras hold tens of segments; without a bound, millions of empty ones would fit.
_MAX_SEGMENTS = 4096
# Whether a byte after 0xff makes a marker of the two; a fill byte (0xff) does not.
_IS_MARKER = np.ones(256, bool)
_IS_MARKER[[0x00, 0xFF]] = False
# Inside a scan the restart markers do not end it.
_ENDS_SCAN = _IS_MARKER.copy()
_ENDS_SCAN[0xD0:0xD8] = False
_FIRST_BLOCK, _LARGEST_BLOCK = 4096, 256 * 1024
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_SOI, _EOI, _SOS, _APP1, _APP14 = 0xD8, 0xD9, 0xDA, 0xE1, 0xEE
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive; Huffman-coded
_OTHER_FRAMES = frozenset({0xC3, 0xC5, 0xC6, 0xC7, *range(0xC9, 0xCC), 0xCD, 0xCE, 0xCF, 0xDE})
_MAX_SAMPLING = 4


@dataclass
class _Findings:
    width: int = 0
    height: int = 0
    channels: int = 0
    scans: int = 0
    payload_bytes: int = 0
    orientation: int = UPRIGHT
    has_exif: bool = False
    is_adobe: bool = False


def walk_jpeg(data: bytes, max_scans: int) -> Structure:
    """Return the JPEG's claims. Raises ImageUndecodableError, ImageUnsupportedError."""
    found = _Findings()
    position = 2
    for _ in range(_MAX_SEGMENTS):
        position = _find(_IS_MARKER, data, position) + 2
        code = data[position - 1]
        if code == _EOI:
            return _finish(found)
        if code in _STANDALONE:
            continue
        if code == _SOI:
            raise damaged(_JPEG, "it starts twice")
        end = position + int.from_bytes(data[position : position + 2], "big")
        if end < position + 2 or end > len(data):
            raise damaged(_JPEG, "a segment is longer than the file")
        position = _read_segment(found, code, data, position + 2, end)
        if found.scans > max_scans:
            raise unsupported(_JPEG, f"A JPEG of more than {max_scans} scans")
    raise damaged(_JPEG, "it has too many segments")


def _read_segment(found: _Findings, code: int, data: bytes, start: int, end: int) -> int:
    """Note what the segment says; return where the next marker may begin."""
    if code in _FRAMES:
        _read_frame(found, data[start:end])
    elif code in _OTHER_FRAMES:
        raise unsupported(_JPEG, "Lossless, hierarchical or arithmetic-coded JPEG")
    elif code == _SOS:
        if not found.channels:
            raise damaged(_JPEG, "a scan comes before the frame")
        end_of_scan = _find(_ENDS_SCAN, data, end)
        found.scans += 1
        found.payload_bytes += end_of_scan - end
        return end_of_scan
    elif code == _APP1 and not found.has_exif and data.startswith(b"Exif\0\0", start, end):
        found.has_exif = True
        found.orientation = read_orientation(data[start:end])
    elif code == _APP14 and data.startswith(b"Adobe", start, end):
        found.is_adobe = True
    return end


def _find(wanted: NDArray[np.bool_], data: bytes, position: int) -> int:
    """Return where the next 0xff is that a wanted byte follows.

    By blocks in numpy: a regular expression took many times as long, and most of a JPEG is
    passed here. The first block is small, because a JPEG may have many short scans.
    """
    if position + 1 < len(data) and data[position] == 0xFF and wanted[data[position + 1]]:
        return position
    view, size = np.frombuffer(data, np.uint8), _FIRST_BLOCK
    while position + 1 < len(data):
        block = view[position : position + size + 1]
        # Entropy-coded bytes hold 0xff before 0x00 only, which whole blocks are cheaply asked for.
        # (np.equal, not ==: of which the fuzzer's instrumentation keeps every result.)
        may_be = np.equal(block[:-1], 0xFF)
        may_be &= np.not_equal(block[1:], 0)
        if may_be.any():
            starts = np.flatnonzero(may_be)
            found = starts[wanted[block[1:][starts]]]
            if found.size:
                return position + int(found[0])
        position += size
        size = min(4 * size, _LARGEST_BLOCK)
    raise damaged(_JPEG, "it is cut short")


def _read_frame(found: _Findings, frame: bytes) -> None:
    if found.channels:
        raise damaged(_JPEG, "it holds two frames")
    if len(frame) < 6 or len(frame) != 6 + 3 * frame[5]:
        raise damaged(_JPEG, "its frame header has a wrong length")
    if frame[0] != 8:
        raise unsupported(_JPEG, f"A JPEG of {frame[0]} bits a sample")
    if frame[5] not in (1, 3, 4):
        raise unsupported(_JPEG, f"A JPEG of {frame[5]} components")
    for sampling in frame[7::3]:
        if not (1 <= sampling >> 4 <= _MAX_SAMPLING and 1 <= sampling & 15 <= _MAX_SAMPLING):
            raise damaged(_JPEG, "a sampling factor is out of range")
    found.height = int.from_bytes(frame[1:3], "big")
    found.width = int.from_bytes(frame[3:5], "big")
    found.channels = frame[5]


def _finish(found: _Findings) -> Structure:
    if not found.scans:
        raise damaged(_JPEG, "it holds no picture")
    return Structure(
        _JPEG,
        found.width,
        found.height,
        found.payload_bytes,
        orientation=found.orientation,
        scans=found.scans,
        channels=found.channels,
        inverted=found.is_adobe,
    )
