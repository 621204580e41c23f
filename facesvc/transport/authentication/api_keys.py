"""The file of API keys: hashes only, read again when it changes.

A key is 32 random bytes, so that one round of SHA-256 protects it: there is nothing to guess.
TOML, a table a key, as ``facesvc key`` prints it:

    [[keys]]
    name = "attendance worker"
    sha256 = "64 hexadecimal digits"
    scopes = ["search"]
    collections = ["staff"]  # left out: all
    rate = 50  # calls a second; this and what follows may be left out
    max_in_flight = 8
    max_streams = 2
    expires = 2027-01-31T00:00:00Z
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
import tomllib
from pathlib import Path
from typing import Annotated

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from facesvc.domain.access import Caller, Limits, Scope
from facesvc.domain.limits import COLLECTION_NAME

_log = structlog.get_logger("facesvc.keys")

PREFIX = "fsk_"  # lets scanners for leaked secrets recognise one
_LOOK_EVERY_S = 1.0

_Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[ -~]+$")]
_Collection = Annotated[str, Field(pattern=f"^{COLLECTION_NAME}$")]


class ApiKeysError(ValueError):
    """The file cannot be read or says what it may not; the message names the entry."""


class _Key(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: _Name
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    collections: Annotated[frozenset[_Collection], Field(min_length=1)] | None = None
    rate: Annotated[float, Field(gt=0, le=1e6)] | None = None
    max_in_flight: Annotated[int, Field(ge=1)] | None = None
    max_streams: Annotated[int, Field(ge=0)] | None = None
    expires: AwareDatetime | None = None

    def to_caller(self) -> Caller:
        """Return the holder."""
        limits = Limits(self.rate, self.max_in_flight, self.max_streams)
        return Caller(self.name, self.scopes, self.collections, limits, self.expires)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    keys: list[_Key]


class ApiKeys:
    """The callers of a file; thread-safe. Raises ApiKeysError when the file is wrong at first.

    A later mistake in the file keeps the keys as they were, and is logged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._mark = _mark(path)
        self._callers = read_api_keys(path)

    def caller_of(self, key: str) -> Caller | None:
        """Return who holds the key, None for a key that nobody has."""
        self._look_again()
        return self._callers.get(_digest(key))

    def _look_again(self) -> None:
        if time.monotonic() - self._looked < _LOOK_EVERY_S:
            return
        with self._lock:
            if time.monotonic() - self._looked < _LOOK_EVERY_S:
                return
            self._looked = time.monotonic()
            mark = _mark(self._path)
            if mark == self._mark:
                return
            self._mark = mark
            try:
                self._callers = read_api_keys(self._path)
            except ApiKeysError as error:
                _log.error("API keys stay as they were", reason=str(error))
            else:
                _log.info("API keys read", keys=len(self._callers))


def read_api_keys(path: Path) -> dict[str, Caller]:
    """Return the callers by their key's hash. Raises ApiKeysError."""
    try:
        entries = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).keys
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ApiKeysError(f"{path}: {place}: {first['msg']}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ApiKeysError(f"{path}: {error}") from error
    for what in ("name", "sha256"):
        values = [getattr(entry, what) for entry in entries]
        if len(set(values)) < len(values):
            raise ApiKeysError(f"{path}: two keys have the same {what}.")
    return {entry.sha256: entry.to_caller() for entry in entries}


def make_api_key(name: str, scopes: list[str], collections: list[str]) -> tuple[str, str]:
    """Return a new key, and its entry for the file. Raises ApiKeysError."""
    key = PREFIX + secrets.token_urlsafe(32)
    try:
        entry = _Key.model_validate(
            {
                "name": name,
                "sha256": _digest(key),
                "scopes": scopes,
                "collections": collections or None,
            }
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ApiKeysError(f"{first['loc'][0]}: {first['msg']}") from None
    lines = [
        "[[keys]]",
        f"name = {_quoted(entry.name)}",
        f'sha256 = "{entry.sha256}"',
        f"scopes = [{', '.join(_quoted(scope) for scope in sorted(entry.scopes))}]",
    ]
    if entry.collections is not None:
        lines.append(f"collections = [{', '.join(map(_quoted, sorted(entry.collections)))}]")
    return key, "\n".join(lines) + "\n"


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _mark(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when the file does."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size
