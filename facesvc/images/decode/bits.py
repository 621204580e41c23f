"""Reads the bit fields of video headers."""

from __future__ import annotations


class BitReader:
    """Bits of a header, most significant first. Raises EOFError behind the end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def take(self, count: int) -> int:
        """Return the next ``count`` bits as an unsigned number."""
        self._left -= count
        if self._left < 0:
            raise EOFError
        return self._value >> self._left & ((1 << count) - 1)

    def flag(self) -> bool:
        """Return the next bit."""
        return self.take(1) == 1

    def exp_golomb(self) -> int:
        """Return an unsigned number in Exp-Golomb code: ue(v) of HEVC, uvlc() of AV1."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise EOFError
        return (1 << zeros) - 1 + self.take(zeros)
