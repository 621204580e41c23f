"""Writes audit entries, one JSON object a line."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import structlog

_log = structlog.get_logger("facesvc.audit")
KEY_SUFFIX = ".key"


class AuditError(Exception):
    """The audit file, or its key, cannot be used."""


@dataclass(frozen=True)
class Entry:
    """One thing that happened. ``key`` is the API key's name, ``peer`` the caller's address,
    ``user`` a keyed hash of the user_id, ``other_user`` that of whom a sample or
    all of them come from or go to, ``endpoint`` the name of one of WEBHOOKS_FILE; "" and 0 where
    there is none. ``outcome`` is "ok", or the reason of error_reason.proto.
    """

    call: str
    outcome: str
    key: str = ""
    peer: str = ""
    collection: str = ""
    user: str = ""
    other_user: str = ""
    endpoint: str = ""
    request_id: str = ""
    version: int = 0
    count: int = 0


class Trail(Protocol):
    """Takes entries."""

    def hash_of(self, user_id: str) -> str:
        """Return what stands for a user_id in the entries."""

    def write(self, entry: Entry) -> None:
        """Write one entry; a call is not answered before."""


class LogTrail:
    """Entries among the log's lines, of the logger facesvc.audit."""

    def __init__(self, key: bytes) -> None:
        self._key = key or secrets.token_bytes(32)

    def hash_of(self, user_id: str) -> str:
        return user_hash(self._key, user_id)

    def write(self, entry: Entry) -> None:
        _log.info("audit", **_told(entry))


class FileTrail:
    """Entries in a file that only grows. Its key lies beside it unless one is given."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Raises AuditError when the file cannot be written."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._key = key or kept_key(path)
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as error:
            raise AuditError(f"{path}: {error.strerror}") from None
        self._lock = threading.Lock()

    def hash_of(self, user_id: str) -> str:
        return user_hash(self._key, user_id)

    def write(self, entry: Entry) -> None:
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), **_told(entry)}
        data = (json.dumps(line, ensure_ascii=False) + "\n").encode()
        try:
            with self._lock:  # one write a line: replicas may share the file
                os.write(self._file, data)
        except OSError as error:
            # What was done is done; the log has the entry, so that it is not lost.
            _log.error("audit file cannot be written", reason=error.strerror, **_told(entry))

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def user_hash(key: bytes, user_id: str) -> str:
    """Return 16 hexadecimal digits: enough to tell users apart, and nothing without the key."""
    return hmac.new(key, user_id.encode(), hashlib.sha256).hexdigest()[:16]


def kept_key(path: Path) -> bytes:
    """Return the key beside an audit file, made when there is none. Raises OSError."""
    place = path.with_name(path.name + KEY_SUFFIX)
    try:
        file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes.fromhex(place.read_text(encoding="ascii").strip())
    with os.fdopen(file, "w", encoding="ascii") as written:
        key = secrets.token_bytes(32)
        written.write(key.hex() + "\n")
    return key


def _told(entry: Entry) -> dict[str, object]:
    return {name: value for name, value in asdict(entry).items() if value not in ("", 0)}
