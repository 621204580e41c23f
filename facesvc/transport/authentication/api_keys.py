"""The file of API keys: hashes only, read again when it changes.

A key is 32 random bytes, so that one round of SHA-256 protects it: there is nothing to guess.
TOML, a table a key, as ``facesvc key`` prints it:

    [[keys]]
    name = "attendance worker"
    sha256 = "64 hexadecimal digits"
    certificates = ["dns:worker.example.com"]  # beside the key or in its place: cn:, dns:, uri:
    scopes = ["search"]
    collections = ["staff"]  # left out: all
    rate = 50  # calls a second; this and what follows may be left out
    max_in_flight = 8
    max_streams = 2
    expires = 2027-01-31T00:00:00Z
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Self

import structlog
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from facesvc.domain.access import Caller, Limits, Scope
from facesvc.domain.limits import COLLECTION_NAME
from facesvc.domain.named_changes import named_changes
from facesvc.transport.authentication.key_strength import is_guessable

_log = structlog.get_logger("facesvc.keys")

PREFIX = "fsk_"  # lets scanners for leaked secrets recognise one
_LOOK_EVERY_S = 1.0

_Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[ -~]+$")]
_Certificate = Annotated[str, Field(pattern=r"^(cn|dns|uri):.+$", max_length=512)]
_Collection = Annotated[str, Field(pattern=f"^{COLLECTION_NAME}$")]


class ApiKeysError(ValueError):
    """The file cannot be read or says what it may not; the message names the entry."""


class _Key(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: _Name
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    certificates: frozenset[_Certificate] = frozenset()
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    collections: Annotated[frozenset[_Collection], Field(min_length=1)] | None = None
    rate: Annotated[float, Field(gt=0, le=1e6)] | None = None
    max_in_flight: Annotated[int, Field(ge=1)] | None = None
    max_streams: Annotated[int, Field(ge=0)] | None = None
    expires: AwareDatetime | None = None

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if self.sha256 is None and not self.certificates:
            raise ValueError("sha256 or certificates must say who holds it")
        return self

    @property
    def text(self) -> str:
        """All that the file says of it, the same for the same."""
        told = self.model_dump(mode="json")
        ordered = {what: sorted(v) if isinstance(v, list) else v for what, v in told.items()}
        return json.dumps(ordered, sort_keys=True)

    def to_caller(self) -> Caller:
        """Return the holder."""
        limits = Limits(self.rate, self.max_in_flight, self.max_streams)
        return Caller(self.name, self.scopes, self.collections, limits, self.expires)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    keys: list[_Key]


@dataclass(frozen=True)
class Callers:
    """Who a file's keys are, by a key's hash and by a name in a certificate; ``entries`` has all
    that it says of each, by its name.
    """

    by_hash: dict[str, Caller] = field(default_factory=dict)
    by_certificate: dict[str, Caller] = field(default_factory=dict)
    entries: dict[str, _Key] = field(default_factory=dict)

    @property
    def all(self) -> list[Caller]:
        """Every holder once."""
        held = (*self.by_hash.values(), *self.by_certificate.values())
        return list({each.name: each for each in held}.values())

    def changes_to(self, later: Callers) -> list[tuple[str, str]]:
        """Return what became of which name: added, removed or changed."""
        return named_changes(self.entries, later.entries)


# Is told of each key that was added, removed or changed, and its name.
TellChange = Callable[[str, str], None]


class ApiKeys:
    """The callers of a file; thread-safe. Raises ApiKeysError when the file is wrong at first.

    ``all_told`` is called when the changes of a reading were told. A later mistake in the file
    keeps the keys as they were, and is logged.
    """

    def __init__(
        self,
        path: Path,
        tell_change: TellChange = lambda *_: None,
        all_told: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = path
        self._tell_change = tell_change
        self._all_told = all_told
        self._lock = threading.Lock()
        self._warned: set[str] = set()
        self._looked = time.monotonic()
        self._mark = _mark(path)
        self._callers = read_api_keys(path)

    @property
    def described(self) -> dict[str, str]:
        """What the file says of each key, by name; a secret, as it has the keys' hashes."""
        return {name: entry.text for name, entry in self._callers.entries.items()}

    def caller_of(self, key: str) -> Caller | None:
        """Return who holds the key, None for a key that nobody has."""
        self._look_again()
        caller = self._callers.by_hash.get(_digest(key))
        if caller is not None and is_guessable(key) and caller.name not in self._warned:
            self._warned.add(caller.name)
            _log.warning("this API key can be guessed: make another one", key=caller.name)
        return caller

    def caller_named(self, certificate: tuple[str, ...]) -> Caller | None:
        """Return whom the names in a certificate stand for; the first that is known counts."""
        self._look_again()
        known = self._callers.by_certificate
        return next((known[name] for name in certificate if name in known), None)

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
                before, self._callers = self._callers, read_api_keys(self._path)
            except ApiKeysError as error:
                _log.error("API keys stay as they were", reason=str(error))
            else:
                _log.info("API keys read", keys=len(self._callers.entries))
                for what, name in before.changes_to(self._callers):
                    self._tell_change(what, name)
                self._all_told()


def read_api_keys(path: Path) -> Callers:
    """Return the callers of a file. Raises ApiKeysError."""
    try:
        entries = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).keys
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ApiKeysError(f"{path}: {place}: {first['msg']}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ApiKeysError(f"{path}: {error}") from error
    named = [(name, entry) for entry in entries for name in entry.certificates]
    for what, values in (
        ("name", [entry.name for entry in entries]),
        ("sha256", [entry.sha256 for entry in entries if entry.sha256]),
        ("certificate", [name for name, _ in named]),
    ):
        if len(set(values)) < len(values):
            raise ApiKeysError(f"{path}: two keys have the same {what}.")
    return Callers(
        {entry.sha256: entry.to_caller() for entry in entries if entry.sha256},
        {name: entry.to_caller() for name, entry in named},
        {entry.name: entry for entry in entries},
    )


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
