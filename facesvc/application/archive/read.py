"""Reading an archive, a user at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from facesvc.application.archive.frames import END, HEADER, USER, ArchiveError, Frame, read_frames
from facesvc.application.archive.secrecy import secrecy_of
from facesvc.application.archive.user_codec import decode_user
from facesvc.domain.collection_settings import (
    NOTHING_SET,
    CollectionSettings,
    from_values,
)
from facesvc.domain.errors import InvalidFieldError
from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.domain.gallery import EnrolledUser
from facesvc.domain.gallery_errors import ForeignArchiveError
from facesvc.domain.settings_limits import checked


@dataclass(frozen=True)
class ArchiveHeader:
    """What an archive says of itself; ``archive`` is its own id, 32 hexadecimal digits.
    ``settings`` are the collection's, none in an archive of an earlier release.
    """

    archive: str
    collection: str
    recognizer: str
    settings: CollectionSettings = NOTHING_SET


class ArchiveReader:
    """Reads the header at once and the users as they are asked for.

    Raises ArchiveError for what is damaged, cut off or no archive, InvalidFieldError for a
    missing passphrase.
    """

    def __init__(self, chunks: Iterable[bytes], passphrase: str = "") -> None:
        self._frames = read_frames(chunks)
        first = next(self._frames)
        if first.kind != HEADER:
            raise ArchiveError("The archive does not begin with its header.")
        described = _read_json(first.body)
        try:
            self.header = ArchiveHeader(
                str(described["archive"]),
                str(described["collection"]),
                str(described["recognizer"]),
                checked(from_values(described.get("settings", {}))),
            )
            form, encryption = described["embedding"], described["encryption"]
        except (KeyError, TypeError, AttributeError):
            raise ArchiveError("The archive's header is damaged.") from None
        except InvalidFieldError as error:
            raise ArchiveError(f"The archive's settings are not allowed: {error.message}") from None
        if form != f"float32le[{EMBEDDING_SIZE}]":
            raise ArchiveError("The archive holds embeddings of another form.")
        self._secrecy = secrecy_of(encryption, passphrase, first.body)

    def require(self, recognizer: str) -> None:
        """Raise ForeignArchiveError unless this recognizer made the archive."""
        if self.header.recognizer != recognizer:
            raise ForeignArchiveError(self.header.recognizer, recognizer)

    def users(self) -> Iterator[EnrolledUser]:
        """Yield the users; after the last one the checksum of the whole has held."""
        users = samples = 0
        for frame in self._frames:
            body = self._secrecy.open(frame.number, frame.kind, frame.body)
            if frame.kind == END:
                _check_end(frame, body, users, samples)
            elif frame.kind == USER:
                user = decode_user(body, self.header.collection, self.header.recognizer)
                users += 1
                samples += len(user.samples)
                yield user
            else:
                raise ArchiveError("The archive has a second header.")


def _check_end(frame: Frame, body: bytes, users: int, samples: int) -> None:
    told = _read_json(body)
    if told != {"users": users, "samples": samples, "sha256": frame.before}:
        raise ArchiveError("The archive is damaged: its end does not fit what came before.")


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        described = json.loads(body)
    except ValueError:
        described = None
    if not isinstance(described, dict):
        raise ArchiveError("The archive's header or end is damaged.")
    return described
