"""Stand-ins for the adapters, for unit and contract tests only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.application.detect_faces import DetectFaces
from facesvc.application.find_faces import FaceFinder
from facesvc.application.images import ImageLoader
from facesvc.domain.errors import (
    FaceError,
    ImageFetchFailedError,
    ImageUndecodableError,
    UserNotFoundError,
)
from facesvc.domain.faces import Attributes, BoundingBox, DetectedFace
from facesvc.domain.gallery import (
    EnrollMode,
    Enrolment,
    GalleryStatus,
    Match,
    SearchQuery,
    SearchResult,
    User,
    UserPage,
    WriteReceipt,
)
from facesvc.domain.liveness import Liveness
from facesvc.domain.photo import Photo
from facesvc.domain.quality import Quality
from facesvc.domain.similarity import cosine_similarity
from facesvc.domain.template import Template

MAX_BYTES = 1000


def embedding_of(name: str) -> NDArray[np.float32]:
    """A unit vector that depends on the name alone."""
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    vector = np.random.default_rng(seed).standard_normal(512).astype(np.float32)
    return vector / np.linalg.norm(vector)


@dataclass
class FakeSource:
    """Serves URLs from a dictionary; a value may be the error to raise."""

    pages: dict[str, bytes | FaceError] = field(default_factory=dict)

    def fetch(self, url: str, call: Call) -> bytes:
        page = self.pages.get(url, ImageFetchFailedError("The web server answered 404."))
        if isinstance(page, FaceError):
            raise page
        return page


class FakeDecoder:
    """The photo's pixels are its bytes in one row, so that the fake engine can read them."""

    def decode(self, data: bytes) -> Photo:
        if data.startswith(b"broken"):
            raise ImageUndecodableError("The bytes hold no image.")
        if data.startswith(b"crash"):
            raise RuntimeError("secret detail of the decoder")
        row = np.frombuffer(data, np.uint8)
        return Photo.from_pixels(np.repeat(row, 3).reshape(1, -1, 3))


class FakeEngine:
    """Finds one face for each word of the photo's text.

    A word is a person's name, optionally with a quality: "anna:0.9". "nobody" has no face.
    """

    def detect(self, photo: Photo) -> list[DetectedFace]:
        if len(photo.pixels) > 1:
            return []  # a second look at a photo of text shows nothing
        words = [word for word in self._words(photo) if word != "nobody"]
        return [
            DetectedFace(
                BoundingBox(10.4 * index, 0, 10.4 * index + 10, 10),
                0.9 - 0.01 * index,
                np.full((5, 2), index, np.float32),
            )
            for index, _ in enumerate(words)
        ]

    def assess_quality(self, photo: Photo, face: DetectedFace) -> Quality:
        score = float(self._word(photo, face).partition(":")[2] or 0.8)
        return Quality(score, 1 - score, 5.0, 3.0, 1.0, 100, True)

    def recognize(self, photo: Photo, face: DetectedFace) -> Template:
        return Template(embedding_of(self._word(photo, face).partition(":")[0]), (3.0,), None)

    def check_liveness(self, photo: Photo, face: DetectedFace) -> Liveness:
        live = "mask" not in self._word(photo, face)
        return Liveness(live, 0.9 if live else 0.1, {"texture_complexity": 0.5}, "heuristics")

    def estimate_attributes(self, photo: Photo, face: DetectedFace) -> Attributes:
        return Attributes(30, "M")

    @staticmethod
    def _words(photo: Photo) -> list[str]:
        return bytes(photo.pixels[0, :, 0]).decode().split()

    def _word(self, photo: Photo, face: DetectedFace) -> str:
        return self._words(photo)[int(face.landmarks[0, 0])]


class OpenGate:
    """Admits everybody."""

    @contextmanager
    def admit(self, call: Call) -> Iterator[None]:
        call.check()
        yield


class FakeGallery:
    """A dictionary of one collection after the other."""

    def __init__(self) -> None:
        self.users: dict[tuple[str, str], list[tuple[Enrolment, NDArray[np.float32]]]] = {}
        self.version = 0
        self.written: dict[tuple[str, str], int] = {}
        self.missing: tuple[int, ...] = ()

    def enroll(self, enrolment: Enrolment, call: Call) -> WriteReceipt:
        samples = self.users.setdefault((enrolment.collection, enrolment.user_id), [])
        if enrolment.mode is EnrollMode.REPLACE:
            samples.clear()
        samples.append((enrolment, enrolment.embedding))
        self.version += 1
        self.written[enrolment.collection, enrolment.user_id] = self.version
        return WriteReceipt(self.version, "sample", len(samples))

    def delete(self, collection: str, user_id: str, call: Call, **_: object) -> WriteReceipt:
        removed = len(self._samples(collection, user_id))
        del self.users[collection, user_id]
        self.version += 1
        return WriteReceipt(self.version, removed=removed)

    def get(self, collection: str, user_id: str, call: Call, *, min_version: int = 0) -> User:
        samples = self._samples(collection, user_id)
        last = samples[-1][0]
        moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        version = self.written[collection, user_id]
        written = moment + timedelta(seconds=version)
        return User(user_id, last.name, last.metadata, len(samples), moment, written, version)

    def list_users(
        self, collection: str, page_size: int, page_token: str, call: Call, *, min_version: int = 0
    ) -> UserPage:
        names = sorted(user for (where, user) in self.users if where == collection)
        page = [name for name in names if name > page_token][:page_size]
        users = [self.get(collection, name, call) for name in page]
        more = bool(page) and page[-1] != names[-1]
        return UserPage(users, len(names), page[-1] if more else "")

    def search(self, query: SearchQuery, call: Call) -> SearchResult:
        found = [self._matches(query, probe, call) for probe in query.probes]
        return SearchResult(found, self.missing if query.allow_partial else ())

    def _matches(self, query: SearchQuery, probe: NDArray[np.float32], call: Call) -> list[Match]:
        matches = [
            Match(user, self.similarity(where, user, probe, call), samples[-1][0].name)
            for (where, user), samples in self.users.items()
            if where == query.collection
        ]
        matches.sort(key=lambda match: (-match.similarity, match.user_id))
        return [match for match in matches if match.similarity >= query.threshold][: query.top_k]

    def similarity(
        self,
        collection: str,
        user_id: str,
        probe: NDArray[np.float32],
        call: Call,
        *,
        min_version: int = 0,
    ) -> float:
        samples = self._samples(collection, user_id)
        return max(cosine_similarity(embedding, probe) for _, embedding in samples)

    def status(self) -> GalleryStatus:
        samples = sum(len(each) for each in self.users.values())
        collections = len({where for where, _ in self.users})
        return GalleryStatus("memory", "ok", collections, len(self.users), samples)

    def _samples(
        self, collection: str, user_id: str
    ) -> list[tuple[Enrolment, NDArray[np.float32]]]:
        if (collection, user_id) not in self.users:
            raise UserNotFoundError(user_id)
        return self.users[collection, user_id]


def fake_looker(source: FakeSource, workers: ThreadPoolExecutor) -> DetectFaces:
    """A detect_faces over the fakes."""
    loader = ImageLoader(source, MAX_BYTES, workers)
    return DetectFaces(loader, FakeDecoder(), FaceFinder(FakeEngine()), OpenGate())
