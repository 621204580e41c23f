"""Stand-ins for the adapters, for unit and contract tests only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.application.detect_faces import DetectFaces
from facesvc.application.find_faces import FaceFinder
from facesvc.application.images import ImageLoader
from facesvc.domain.aligned_crop import ALIGNED_CROP_PX
from facesvc.domain.errors import (
    FaceError,
    ImageFetchFailedError,
    ImageUndecodableError,
)
from facesvc.domain.faces import Attributes, BoundingBox, DetectedFace
from facesvc.domain.genuine import GenuineScores
from facesvc.domain.liveness import Liveness
from facesvc.domain.photo import Photo
from facesvc.domain.quality import Light, Quality
from facesvc.domain.recognizable import RecognizabilityRule
from facesvc.domain.risk import ImpostorScores
from facesvc.domain.template import Template

MAX_BYTES = 1000
END = b"\0"  # of a photo of text, so that one turned upside down is told
# A pack's impostors: one of ten thousand pairs reaches 0.4, a third of those 0.03 more.
GENUINE = GenuineScores(((0.2, 0.0), (0.4, 0.1), (0.8, 1.0)), pairs=100, people=20)
IMPOSTORS = ImpostorScores(
    body=((-1.0, 1.0), (0.0, 0.5), (0.2, 0.02), (0.4, 1e-4)),
    scale=0.03,
    shape=0.0,
    dispersion=2.5,
    samples_exponent=0.8,
    least_fmr=1e-6,
)


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
        if data.startswith(b"crop "):  # in which nothing is detected
            row = np.frombuffer(data.ljust(ALIGNED_CROP_PX), np.uint8)
            return Photo.from_pixels(np.tile(row[:, np.newaxis], (ALIGNED_CROP_PX, 1, 3)))
        row = np.frombuffer(data + END, np.uint8)
        return Photo.from_pixels(np.repeat(row, 3).reshape(1, -1, 3))


class FakeEngine:
    """Finds one face for each word of the photo's text.

    A word is a person's name, optionally with a quality: "anna:0.9", and with a
    recognizability: "anna:0.9:0.2". "nobody" has no face. A crop is "crop anna", optionally with
    blur and recognizability.
    """

    def detect(self, photo: Photo) -> list[DetectedFace]:
        if len(photo.pixels) > 1 or bytes(photo.pixels[0, -1:, 0]) != END:
            return []  # a second look at a photo of text shows nothing, turned or framed
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
        _, score, _ = self._parts(photo, face)
        return Quality(score, 1 - score, 5.0, 3.0, 1.0, 100, True, Light(0.5, 0.0, 1.5))

    def compare_qualities(self, photo: Photo, faces: Sequence[DetectedFace]) -> list[Quality]:
        return [self.assess_quality(photo, face) for face in faces]

    def recognize(self, photo: Photo, face: DetectedFace) -> Template:
        name, _, recognizability = self._parts(photo, face)
        return Template(embedding_of(name), (3.0,), recognizability)

    def look_at_crop(self, crop: Photo) -> tuple[Quality, Template]:
        name, *numbers = bytes(crop.pixels[0, :, 0]).decode().split()[1].split(":")
        blur, recognizability = [*map(float, numbers), *(0.2, 0.9)[len(numbers) :]]
        quality = Quality(0.0, blur, 0.0, 0.0, 0.0, 0, False, Light(0.5, 0.0, 1.5), recognizability)
        return quality, Template(embedding_of(name), (3.0,), recognizability)

    def check_liveness(self, photo: Photo, face: DetectedFace) -> Liveness:
        live = "mask" not in self._word(photo, face)
        return Liveness(live, 0.9 if live else 0.1, {"texture_complexity": 0.5}, "heuristics", 0.8)

    def estimate_attributes(self, photo: Photo, face: DetectedFace) -> Attributes:
        return Attributes(30, "M")

    def _parts(self, photo: Photo, face: DetectedFace) -> tuple[str, float, float]:
        name, *numbers = self._word(photo, face).split(":")
        score, recognizability = [*map(float, numbers), *(0.8, 0.9)[len(numbers) :]]
        return name, score, recognizability

    @staticmethod
    def _words(photo: Photo) -> list[str]:
        return bytes(photo.pixels[0, :-1, 0]).decode().split()

    def _word(self, photo: Photo, face: DetectedFace) -> str:
        return self._words(photo)[int(face.landmarks[0, 0])]


class OpenGate:
    """Admits everybody."""

    @contextmanager
    def admit(self, call: Call) -> Iterator[None]:
        call.check()
        yield


def fake_detect_faces(source: FakeSource, workers: ThreadPoolExecutor) -> DetectFaces:
    """A detect_faces over the fakes."""
    loader = ImageLoader(source, MAX_BYTES, workers)
    rule = RecognizabilityRule(limit=0.3)
    return DetectFaces(loader, FakeDecoder(), FaceFinder(FakeEngine()), OpenGate(), rule)
