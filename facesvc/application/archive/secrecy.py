"""Encryption of an archive by a passphrase: scrypt, then AES-256-GCM for every frame's body.

The header stays readable; it names the collection and the recognizer, nobody in it. Its digest
and the frame's number and kind are associated data, and a fresh salt makes a fresh key for each
archive, so that the frame's number can be the nonce.
"""

from __future__ import annotations

import hashlib
import os
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from facesvc.application.archive.frames import ArchiveError
from facesvc.domain.errors import InvalidFieldError

MIN_PASSPHRASE_CHARS = 12
_N, _R, _P = 2**16, 8, 1  # 64 MiB and about 0.2 s; RFC 7914 parameters, beyond interactive use
_SALT_BYTES = 16


class Secrecy(Protocol):
    """What a frame's body goes through."""

    def seal(self, number: int, kind: bytes, body: bytes) -> bytes: ...

    def open(self, number: int, kind: bytes, body: bytes) -> bytes:
        """Raises ArchiveError."""
        ...


class NoSecrecy:
    """Leaves bodies as they are."""

    def seal(self, number: int, kind: bytes, body: bytes) -> bytes:  # noqa: ARG002 - a Secrecy
        return body

    def open(self, number: int, kind: bytes, body: bytes) -> bytes:  # noqa: ARG002 - a Secrecy
        return body


class Passphrase:
    """Seals with a key made of a passphrase and a salt; bound to one header."""

    def __init__(self, passphrase: str, salt: bytes, header: bytes) -> None:
        key = Scrypt(salt=salt, length=32, n=_N, r=_R, p=_P).derive(passphrase.encode())
        self._cipher = AESGCM(key)
        self._header = hashlib.sha256(header).digest()

    def seal(self, number: int, kind: bytes, body: bytes) -> bytes:
        return self._cipher.encrypt(number.to_bytes(12), body, self._header + kind)

    def open(self, number: int, kind: bytes, body: bytes) -> bytes:
        try:
            return self._cipher.decrypt(number.to_bytes(12), body, self._header + kind)
        except InvalidTag:
            raise ArchiveError("The passphrase is wrong, or the archive was changed.") from None


def new_parameters(passphrase: str) -> dict[str, Any] | None:
    """Return what the header tells of the encryption, None for none. Raises InvalidFieldError
    (field passphrase).
    """
    if not passphrase:
        return None
    if len(passphrase) < MIN_PASSPHRASE_CHARS:
        raise InvalidFieldError(
            f"passphrase has fewer than {MIN_PASSPHRASE_CHARS} characters.", field="passphrase"
        )
    return {"kdf": "scrypt", "n": _N, "r": _R, "p": _P, "salt": os.urandom(_SALT_BYTES).hex()}


def secrecy_of(parameters: Any, passphrase: str, header: bytes) -> Secrecy:
    """Return how the bodies under this header are sealed. Raises ArchiveError,
    InvalidFieldError (field passphrase).
    """
    if parameters is None:
        return NoSecrecy()
    known = {"kdf": "scrypt", "n": _N, "r": _R, "p": _P}
    if not isinstance(parameters, dict) or any(
        parameters.get(name) != value for name, value in known.items()
    ):
        # Others would let an archive choose how much memory its reader takes.
        raise ArchiveError("The archive is encrypted in a way that this release does not know.")
    if not passphrase:
        raise InvalidFieldError(
            "The archive is encrypted; its passphrase is needed.", field="passphrase"
        )
    try:
        salt = bytes.fromhex(parameters["salt"])
    except (KeyError, TypeError, ValueError):
        raise ArchiveError("The archive's header is damaged.") from None
    return Passphrase(passphrase, salt, header)
