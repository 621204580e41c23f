"""The file of endpoints.

TOML, a table each:

[endpoints.attendance]
url = "https://hr.example.org/facesvc"
secret_file = "/run/secrets/attendance"  # or secret = "whsec_..."; several: the newest first
kinds = ["checkin.decided", "user.*"]    # left out: all
collections = ["staff"]                  # left out: all
tries = 10                               # before an event is a dead letter
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from facesvc.domain.events import Event, EventKind, kinds_of
from facesvc.domain.limits import COLLECTION_NAME
from facesvc.webhooks.signing import read_secret

_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
_Collection = Annotated[str, Field(pattern=f"^{COLLECTION_NAME}$")]
_OneOrMore = str | list[str]


class WebhooksFileError(ValueError):
    """The file cannot be read or says what it may not; the message names the endpoint."""


@dataclass(frozen=True)
class WebhookEndpoint:
    """Who is told. ``kinds`` and ``collections`` bound what of, empty is all there is; ``keys``
    sign, the newest first.
    """

    name: str
    url: str
    keys: tuple[bytes, ...]
    kinds: frozenset[EventKind] = frozenset()
    collections: frozenset[str] = frozenset()
    tries: int = 10

    def wants(self, event: Event) -> bool:
        """Tell whether it is told of the event."""
        return (not self.kinds or event.kind in self.kinds) and (
            not self.collections or event.collection in self.collections
        )


class _Endpoint(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(min_length=1)]
    secret: _OneOrMore = []
    secret_file: _OneOrMore = []
    kinds: list[str] = []
    collections: list[_Collection] = []
    tries: Annotated[int, Field(ge=1, le=100)] = 10

    @model_validator(mode="after")
    def _secrets_are_there(self) -> Self:
        if bool(self.secret) == bool(self.secret_file):
            raise ValueError("give either secret or secret_file")
        return self

    def to_endpoint(self, name: str) -> WebhookEndpoint:
        """Return the endpoint. Raises ValueError, OSError."""
        files = [Path(file) for file in _listed(self.secret_file)]
        texts = [*_listed(self.secret), *(file.read_text(encoding="utf-8") for file in files)]
        try:
            kinds = kinds_of(self.kinds)
        except ValueError as error:
            raise ValueError(f"{str(error)!r} is no kind of events") from None
        keys = tuple(read_secret(text.strip()) for text in texts)
        return WebhookEndpoint(name, self.url, keys, kinds, frozenset(self.collections), self.tries)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    endpoints: dict[_Name, _Endpoint]


def read_endpoints(path: Path) -> list[WebhookEndpoint]:
    """Return the endpoints of a file. Raises WebhooksFileError, which repeats no secret."""
    try:
        found = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).endpoints
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise WebhooksFileError(f"{path}: {place}: {first['msg']}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WebhooksFileError(f"{path}: {error}") from error
    endpoints = []
    for name, entry in found.items():
        try:
            endpoints.append(entry.to_endpoint(name))
        except (ValueError, OSError) as error:
            raise WebhooksFileError(f"{path}: endpoints.{name}: {error}") from None
    return endpoints


def _listed(given: _OneOrMore) -> list[str]:
    return [given] if isinstance(given, str) else list(given)
