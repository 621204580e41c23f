"""The size of an AV1 picture, read from its own headers (AV1 Bitstream Specification, 5.5, 5.9).

A decoder reserves memory by what these headers say, whatever the file around them claims.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from facesvc.images.decode.bits import BitReader
from facesvc.images.decode.structure import Container, damaged, unsupported

_SEQUENCE_HEADER, _FRAME_HEADER, _FRAME, _REDUNDANT_FRAME_HEADER = 1, 3, 6, 7
_CHOSEN_BY_FRAME = 2  # SELECT_SCREEN_CONTENT_TOOLS, SELECT_INTEGER_MV
_KEY_FRAME, _SWITCH_FRAME = 0, 3
_MAX_UNITS = 4096


@dataclass(frozen=True)
class _Sequence:
    """The fields of a sequence header that say how large its frames may be."""

    width: int
    height: int
    reduced_still: bool
    time_bits: int  # of a shown frame's presentation time, 0 when it has none
    screen_content_tools: int
    integer_motion: int
    frame_id_bits: int


def coded_sizes(config: bytes, data: bytes) -> list[tuple[int, int]]:
    """Return the sizes of an item's sequence headers, those in its configuration (av1C) included.

    Raises ImageUndecodableError, and ImageUnsupportedError for frames of sizes of their own.
    """
    sizes = []
    sequence: _Sequence | None = None
    try:
        for kind, body in (*_units(config[4:]), *_units(data)):
            if kind == _SEQUENCE_HEADER:
                sequence = _read_sequence(BitReader(body[:256]))
                sizes.append((sequence.width, sequence.height))
            elif kind in (_FRAME_HEADER, _FRAME, _REDUNDANT_FRAME_HEADER):
                if sequence is None:
                    raise EOFError
                _check_frame(BitReader(body[:16]), sequence)
    except EOFError:
        raise damaged(Container.AVIF, "its AV1 headers cannot be read") from None
    if not sizes:
        raise damaged(Container.AVIF, "it holds no picture")
    return sizes


def _units(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    for _ in range(_MAX_UNITS):
        if position >= len(data):
            return
        header = data[position]
        position += 2 if header & 4 else 1  # with an extension
        length = len(data) - position
        if header & 2:
            length, position = _leb128(data, position)
        if length < 0 or position + length > len(data):
            raise EOFError
        yield header >> 3 & 15, data[position : position + length]
        position += length
    raise EOFError


def _leb128(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for index in range(8):
        if position + index >= len(data):
            break
        byte = data[position + index]
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return value, position + index + 1
    raise EOFError


def _read_sequence(bits: BitReader) -> _Sequence:
    bits.take(4)  # seq_profile, still_picture
    reduced_still = bits.flag()
    time_bits = 0
    if reduced_still:
        bits.take(5)
    else:
        time_bits = _skip_timing_and_operating_points(bits)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    width, height = bits.take(width_bits) + 1, bits.take(height_bits) + 1
    frame_id_bits = 0
    if not reduced_still and bits.flag():
        frame_id_bits = bits.take(4) + 2 + bits.take(3) + 1
    bits.take(3)  # superblocks of 128, intra filter, intra edge filter
    tools = motion = _CHOSEN_BY_FRAME
    if not reduced_still:
        bits.take(4)  # compound, warped, dual filter
        if bits.flag():
            bits.take(2)
        tools = _CHOSEN_BY_FRAME if bits.flag() else bits.take(1)
        motion = _CHOSEN_BY_FRAME
        if tools:
            motion = _CHOSEN_BY_FRAME if bits.flag() else bits.take(1)
    return _Sequence(width, height, reduced_still, time_bits, tools, motion, frame_id_bits)


def _skip_timing_and_operating_points(bits: BitReader) -> int:
    """Return how many bits a shown frame's presentation time has."""
    delay_bits = time_bits = 0
    if bits.flag():  # timing info
        bits.take(64)
        equal_interval = bits.flag()
        if equal_interval:
            bits.exp_golomb()
        if bits.flag():  # decoder model
            delay_bits = bits.take(5) + 1
            bits.take(37)
            frame_time_bits = bits.take(5) + 1
            time_bits = 0 if equal_interval else frame_time_bits
    has_display_delay = bits.flag()
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delay_bits and bits.flag():
            bits.take(2 * delay_bits + 1)
        if has_display_delay and bits.flag():
            bits.take(4)
    return time_bits


def _check_frame(bits: BitReader, sequence: _Sequence) -> None:
    """Refuse a frame that has another size than its sequence."""
    if sequence.reduced_still or bits.flag():  # or it shows an earlier frame again
        return
    kind = bits.take(2)
    shown = bits.flag()
    if not shown:
        bits.take(1)
    elif sequence.time_bits:
        bits.take(sequence.time_bits)
    if not (kind == _SWITCH_FRAME or (kind == _KEY_FRAME and shown)):
        bits.take(1)  # error resilience
    bits.take(1)  # CDF update
    tools = sequence.screen_content_tools
    if tools == _CHOSEN_BY_FRAME:
        tools = bits.take(1)
    if tools and sequence.integer_motion == _CHOSEN_BY_FRAME:
        bits.take(1)
    bits.take(sequence.frame_id_bits)
    if kind == _SWITCH_FRAME or bits.flag():
        raise unsupported(Container.AVIF, "An AVIF whose frames have sizes of their own")
