"""An archive's outer form: a magic number, then frames that each carry a checksum.

    magic    7 bytes "FSVCGAL", 1 byte version
    frame    u32 length of the body, u8 kind, the body, 16 bytes of checksum
    kinds    H header (first), U user, E end (last)

Numbers are little-endian. The checksum is the first half of SHA-256 over the frame's number
(u64), its kind and its body, so that frames cannot be lost, repeated or put in another order
unnoticed. docs/gallery.md has the whole format.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from facesvc.domain.errors import InvalidFieldError

VERSION = 1
MAGIC = b"FSVCGAL"
HEADER, USER, END = b"H", b"U", b"E"
CHECKSUM_BYTES = 16
MAX_BODY_BYTES = 4 * 1024 * 1024  # a user of 64 samples and full metadata has 0.2 MiB
_HEAD = struct.Struct("<Ic")


class ArchiveError(InvalidFieldError):
    """The bytes are no archive that can be imported; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="chunk")


@dataclass(frozen=True)
class Frame:
    """One frame as read; ``before`` is the SHA-256 of the archive up to it."""

    number: int
    kind: bytes
    body: bytes
    before: str


class FrameWriter:
    """Makes frames, and keeps the checksum of all that it made."""

    def __init__(self) -> None:
        self._number = 0
        self._sha256 = hashlib.sha256()

    @property
    def number(self) -> int:
        """The number of the next frame."""
        return self._number

    def sha256(self) -> str:
        """Return the checksum of everything so far, in hexadecimal."""
        return self._sha256.hexdigest()

    def magic(self) -> bytes:
        """Return the first bytes of the archive."""
        return self._counted(MAGIC + bytes([VERSION]))

    def frame(self, kind: bytes, body: bytes) -> bytes:
        """Return the next frame."""
        checksum = _checksum(self._number, kind, body)
        self._number += 1
        return self._counted(_HEAD.pack(len(body), kind) + body + checksum)

    def _counted(self, data: bytes) -> bytes:
        self._sha256.update(data)
        return data


def read_frames(chunks: Iterable[bytes]) -> Iterator[Frame]:
    """Yield the frames of an archive, in parts of any size. Raises ArchiveError."""
    source = _Source(chunks)
    magic = source.take(len(MAGIC) + 1)
    if magic[: len(MAGIC)] != MAGIC:
        raise ArchiveError("This is no archive of a gallery.")
    if magic[-1] != VERSION:
        raise ArchiveError(
            f"The archive has version {magic[-1]}; this release reads version {VERSION}."
        )
    number, kind = 0, b""
    while kind != END:
        before = source.sha256.hexdigest()
        length, kind = _HEAD.unpack(source.take(_HEAD.size))
        if length > MAX_BODY_BYTES or kind not in (HEADER, USER, END):
            raise ArchiveError(f"The archive is damaged in frame {number}.")
        body = source.take(length)
        if source.take(CHECKSUM_BYTES) != _checksum(number, kind, body):
            raise ArchiveError(f"The archive is damaged in frame {number}: its checksum is wrong.")
        yield Frame(number, kind, body, before)
        number += 1
    if source.has_more():
        raise ArchiveError("The archive goes on after its end.")


class _Source:
    """Takes exact numbers of bytes from chunks of any size."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._buffer = bytearray()
        self.sha256 = hashlib.sha256()

    def take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            chunk = next(self._chunks, None)
            if chunk is None:
                raise ArchiveError("The archive ends early: it was cut off.")
            self._buffer += chunk
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        self.sha256.update(taken)
        return taken

    def has_more(self) -> bool:
        return bool(self._buffer) or any(self._chunks)


def _checksum(number: int, kind: bytes, body: bytes) -> bytes:
    return hashlib.sha256(number.to_bytes(8, "little") + kind + body).digest()[:CHECKSUM_BYTES]
