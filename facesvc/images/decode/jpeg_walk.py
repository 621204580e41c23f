"""Walks a JPEG from marker to marker (ITU-T T.81, annex B).

Whether the picture is whole is judged by its rows (pixels.py), not by its end marker: one that is
missing is put there, when every component has been coded to its last bit, and the decoder says
whether rows are missing. An embedding of half a face is worse than an error. Bytes after the end
marker are common (phones append previews and video there) and are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass, field

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
_PROGRESSIVE = 0xC2
_FRAMES = frozenset({0xC0, 0xC1, _PROGRESSIVE})  # baseline, extended, progressive; Huffman-coded
_JPEG_LS = 0xF7
_OTHER_FRAMES = frozenset(
    {0xC3, 0xC5, 0xC6, 0xC7, *range(0xC9, 0xCC), 0xCD, 0xCE, 0xCF, 0xDE, _JPEG_LS}
)
_MAX_SAMPLING = 4
_COEFFICIENTS, _NOT_CODED = 64, 16
_END = b"\xff\xd9"


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
    is_progressive: bool = False
    # Each component's number -> the bit to which each coefficient has been coded.
    coded: dict[int, list[int]] = field(default_factory=dict)
    # Stretches of the file with nothing but segments, where it holds anything else.
    clean: list[bytes] = field(default_factory=list)


class _CutShortError(Exception):
    """No further marker comes."""


def walk_jpeg(data: bytes, max_scans: int) -> Structure:
    """Return the JPEG's claims. Raises ImageUndecodableError, ImageUnsupportedError."""
    found = _Findings()
    try:
        _walk(found, data, max_scans)
    except _CutShortError:
        if not found.scans or any(map(any, found.coded.values())):
            raise damaged(_JPEG, "it is cut short") from None
        return _finish(found, data + _END)
    return _finish(found, b"".join(found.clean) or None)


def _walk(found: _Findings, data: bytes, max_scans: int) -> None:
    start = position = 2
    for _ in range(_MAX_SEGMENTS):
        marker = _find(_IS_MARKER, data, position)
        if data[position:marker].strip(b"\xff"):  # bytes that libjpeg would skip with a warning
            found.clean.append(data[start:position])
            start = marker
        position = marker + 2
        code = data[position - 1]
        if code == _EOI:
            if found.clean:
                found.clean = [data[:2], *found.clean, data[start:position]]
            return
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
        found.is_progressive = code == _PROGRESSIVE
        _read_frame(found, data[start:end])
    elif code in _OTHER_FRAMES:
        raise unsupported(_JPEG, "Lossless, hierarchical or arithmetic-coded JPEG")
    elif code == _SOS:
        if not found.channels:
            raise damaged(_JPEG, "a scan comes before the frame")
        found.scans += 1
        _note_progress(found, data[start:end])
        try:
            end_of_scan = _find(_ENDS_SCAN, data, end)
        except _CutShortError:
            found.payload_bytes += len(data) - end
            raise
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
    raise _CutShortError


def _note_progress(found: _Findings, header: bytes) -> None:
    """Note which coefficients of which components a scan brings, and to which bit."""
    count = header[0] if header else 0
    if len(header) != 4 + 2 * count:
        raise damaged(_JPEG, "a scan's header has a wrong length")
    first, last, bits = header[-3:]
    if not found.is_progressive:
        first, last, bits = 0, _COEFFICIENTS - 1, 0
    for component in header[1:-3:2]:
        coded = found.coded.get(component)
        if coded is None or last >= _COEFFICIENTS:
            raise damaged(_JPEG, "a scan is of a component that it does not have")
        for index in range(first, last + 1):
            coded[index] = bits & 15


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
    found.coded = {component: [_NOT_CODED] * _COEFFICIENTS for component in frame[6::3]}


def _finish(found: _Findings, still: bytes | None = None) -> Structure:
    if not found.scans or any(coded[0] == _NOT_CODED for coded in found.coded.values()):
        raise damaged(_JPEG, "it holds no picture")
    # The coefficients of several scans are collected before a row is made of them.
    at_once = found.is_progressive or found.scans > 1
    return Structure(
        _JPEG,
        found.width,
        found.height,
        found.payload_bytes,
        orientation=found.orientation,
        scans=found.scans,
        channels=found.channels,
        inverted=found.is_adobe,
        buffered_pixels=found.width * found.height if at_once else 0,
        still=still,
    )
