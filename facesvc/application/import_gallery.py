"""Putting the users of an archive into a collection."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from facesvc.application.archive.read import ArchiveReader
from facesvc.application.call import Call
from facesvc.application.ports.gallery import Gallery
from facesvc.application.take_settings import take_settings
from facesvc.domain import limits
from facesvc.domain.errors import FaceError
from facesvc.domain.gallery import EnrolledUser, EnrollMode, Enrolment, Origin

_SAMPLES_TOGETHER = 512  # 1 MiB of embeddings, one or two syncs of the store


@dataclass(frozen=True)
class ImportProgress:
    """What is durable so far; ``done`` once all of the archive is."""

    users: int
    samples: int
    done: bool = False


@dataclass(frozen=True)
class ImportCollection:
    """Answers ImportGallery; ``recognizer`` is the digest of the one in use."""

    gallery: Gallery
    recognizer: str

    def __call__(
        self, chunks: Iterable[bytes], collection: str, passphrase: str, call: Call
    ) -> Iterator[ImportProgress]:
        """Yield the progress while the users of the archive replace those of the same id.

        Each sample's request_id is made of the archive's, so that repeating an interrupted
        import stores nothing twice. An empty collection means the archive's own. One that has no
        settings yet gets the archive's. Raises
        ArchiveError, InvalidFieldError, ModelMismatchError, StoreUnavailableError.
        """
        reader = ArchiveReader(chunks, passphrase)
        reader.require(self.recognizer)
        target = limits.collection_name(collection or reader.header.collection, "collection")
        users = reader.users()
        people = samples = 0
        while together := _some(users):
            batch = [
                enrolment
                for user in together
                for enrolment in _enrolments(user, target, reader.header.archive)
            ]
            for result in self.gallery.enroll_many(batch, call):
                if isinstance(result, FaceError):
                    raise result
            people += len(together)
            samples += len(batch)
            yield ImportProgress(people, samples)
        # Last: a largest number of users may be below the users that there were.
        take_settings(self.gallery, target, reader.header.settings, call)
        yield ImportProgress(people, samples, done=True)


def _some(users: Iterator[EnrolledUser]) -> list[EnrolledUser]:
    together: list[EnrolledUser] = []
    samples = 0
    for user in islice(users, _SAMPLES_TOGETHER):
        together.append(user)
        samples += len(user.samples)
        if samples >= _SAMPLES_TOGETHER:
            break
    return together


def _enrolments(enrolled: EnrolledUser, collection: str, archive: str) -> Iterator[Enrolment]:
    for number, sample in enumerate(enrolled.samples):
        parts = (archive, collection, sample.user_id, str(number), sample.sample_id)
        key = "\x00".join(parts)
        yield Enrolment(
            collection=collection,
            user_id=sample.user_id,
            embedding=sample.embedding,
            quality=sample.quality,
            name=sample.name,
            metadata=sample.metadata,
            mode=EnrollMode.ADD if number else EnrollMode.REPLACE,
            request_id=hashlib.sha256(key.encode()).hexdigest(),
            origin=Origin(sample.created_at, enrolled.user.created_at),
            facts=sample.facts,
        )
