"""SHA-256 of files, and the refusal of files that differ."""

from __future__ import annotations

import hashlib
from pathlib import Path

from facesvc.models.pack_errors import PackError


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 as 64 lowercase hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def read_verified(path: Path, sha256: str) -> bytes:
    """Return the file's bytes, of which the digest was taken, so that nothing can be swapped
    between check and use. Raises PackError when the file is missing or differs.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PackError(f"{path}: cannot be read: {error.strerror}") from error
    found = sha256_of(data)
    if found != sha256:
        raise PackError(
            f"{path}: SHA-256 is {found}, pinned is {sha256}: the file is not the one that was "
            "measured and is refused. Restore it, or remove its folder and run `make models`."
        )
    return data
