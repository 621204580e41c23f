"""Encryption of records at rest: AES-256-GCM, the key's id in the record.

A record is one marker byte and what follows it: PLAIN, 36 zeros and the bytes, or SEALED, the
key's id (8 bytes), the nonce (12, random), the tag (16) and the ciphertext. Both have the same
length, so that sealing happens in place. The identity of its row is associated data, so that a
record moved to another row does not open.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from facesvc.domain.gallery_errors import (
    RecordChangedError,
    RecordKeyMissingError,
    RecordNotSealedError,
)

_PLAIN = b"\x00"
_SEALED = b"\x01"
KEY_BYTES = 32
_ID_BYTES = 8
_NONCE_BYTES = 12  # NIST SP 800-38D; random ones stay safe for 2**32 records a key
_TAG_BYTES = 16
_PLAIN_WORD = "plain"
_NONCE_AT = 1 + _ID_BYTES
_TAG_AT = _NONCE_AT + _NONCE_BYTES
HEAD_BYTES = _TAG_AT + _TAG_BYTES
_PLAIN_HEAD = _PLAIN + bytes(HEAD_BYTES - 1)


class KeyRing:
    """The first key seals, every key opens; without keys records stay plain.

    With keys, plain records open only if ``accepts_plain``: else whoever can write the file
    could put a plain record in a sealed one's place.
    """

    def __init__(self, keys: Sequence[bytes] = (), *, accepts_plain: bool = False) -> None:
        self._accepts_plain = accepts_plain or not keys
        self._ciphers = {key_id(key): AESGCM(key) for key in keys}
        self._current = key_id(keys[0]) if keys else b""

    @classmethod
    def parse(cls, text: str) -> KeyRing:
        """Read GALLERY_KEY: base64 keys of 32 bytes, comma-separated, the current one first;
        the word plain at the end accepts records from before there was a key. Raises
        ValueError that says which is wrong, and never shows it.
        """
        items = [item for item in map(str.strip, text.split(",")) if item]
        accepts_plain = items[-1:] == [_PLAIN_WORD]
        keys = []
        for number, item in enumerate(items[:-1] if accepts_plain else items, 1):
            try:
                key = base64.b64decode(item, validate=True)
            except ValueError:
                key = b""
            if len(key) != KEY_BYTES:
                raise ValueError(f"Key {number} of GALLERY_KEY is not 32 bytes in base64.")
            keys.append(key)
        return cls(keys, accepts_plain=accepts_plain)

    @property
    def accepts_plain(self) -> bool:
        """True when records that are not sealed may be read."""
        return self._accepts_plain

    @property
    def seals(self) -> bool:
        """True when there is a key."""
        return bool(self._current)

    def check_plain(self) -> None:
        """Raise SealError when records that are not sealed may not be read."""
        if not self._accepts_plain:
            raise RecordNotSealedError

    def seal(self, plain: bytes, identity: bytes) -> bytes:
        """Return the record of these bytes for the row of this identity."""
        if not self._current:
            return _PLAIN_HEAD + plain
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, plain, identity)
        text, tag = sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:]
        return b"".join((_SEALED, self._current, nonce, tag, text))

    def open(self, record: bytes, identity: bytes) -> bytes:
        """Return the bytes of a record. Raises SealError."""
        if record[:1] == _PLAIN:
            self.check_plain()
            return record[HEAD_BYTES:]
        named = record[1:_NONCE_AT]
        cipher = self._ciphers.get(named)
        if cipher is None:
            raise RecordKeyMissingError(named.hex())
        try:
            nonce, tag = record[_NONCE_AT:_TAG_AT], record[_TAG_AT:HEAD_BYTES]
            return cipher.decrypt(nonce, record[HEAD_BYTES:] + tag, identity)
        except InvalidTag:
            raise RecordChangedError(named.hex()) from None

    def is_current(self, record: bytes) -> bool:
        """Tell whether the record is as ``seal`` would make it now."""
        if not self._current:
            return record[:1] == _PLAIN
        return record[:_NONCE_AT] == _SEALED + self._current


def key_id(key: bytes) -> bytes:
    """Return the 8 bytes that name a key and tell nothing about it."""
    return hashlib.sha256(b"facesvc gallery key id\x00" + key).digest()[:_ID_BYTES]
