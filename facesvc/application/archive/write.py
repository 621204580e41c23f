"""Writing an archive, a chunk at a time."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from facesvc.application.archive.frames import END, HEADER, USER, FrameWriter
from facesvc.application.archive.secrecy import new_parameters, secrecy_of
from facesvc.application.archive.user_codec import encode_user
from facesvc.domain.collection_settings import NOTHING_SET, CollectionSettings, set_values
from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.domain.gallery import EnrolledUser

CHUNK_BYTES = 256 * 1024


def write_archive(
    users: Iterable[EnrolledUser],
    collection: str,
    recognizer: str,
    passphrase: str = "",
    settings: CollectionSettings = NOTHING_SET,
) -> Iterator[bytes]:
    """Yield the archive of these users in chunks of about CHUNK_BYTES. Raises
    InvalidFieldError (field passphrase).
    """
    return _joined(_frames(users, collection, recognizer, passphrase, settings))


def _frames(
    users: Iterable[EnrolledUser],
    collection: str,
    recognizer: str,
    passphrase: str,
    settings: CollectionSettings,
) -> Iterator[bytes]:
    encryption = new_parameters(passphrase)
    header = json.dumps(
        {
            "archive": uuid.uuid4().hex,
            "collection": collection,
            "recognizer": recognizer,
            "embedding": f"float32le[{EMBEDDING_SIZE}]",
            "created_at": datetime.now(UTC).isoformat(),
            "encryption": encryption,
            "settings": set_values(settings),
        }
    ).encode()
    secrecy = secrecy_of(encryption, passphrase, header)
    frames = FrameWriter()
    yield frames.magic() + frames.frame(HEADER, header)
    people = samples = 0
    for user in users:
        yield frames.frame(USER, secrecy.seal(frames.number, USER, encode_user(user)))
        people += 1
        samples += len(user.samples)
    end = {"users": people, "samples": samples, "sha256": frames.sha256()}
    yield frames.frame(END, secrecy.seal(frames.number, END, json.dumps(end).encode()))


def _joined(parts: Iterable[bytes]) -> Iterator[bytes]:
    buffer = bytearray()
    for part in parts:
        buffer += part
        if len(buffer) >= CHUNK_BYTES:
            yield bytes(buffer)
            buffer.clear()
    if buffer:
        yield bytes(buffer)
