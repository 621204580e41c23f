"""The photos that are judged: none that the int8 detector was calibrated on, and harder copies."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.domain.errors import FaceError
from facesvc.domain.photo import Photo
from facesvc.images.decode.decode_limits import DecodeLimits
from facesvc.images.decode.decoder import SafeImageDecoder
from facesvc.models.int8_calibration import SHIPPED, from_json

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Judged:
    """One photo; ``person`` is "" when nobody said who it shows, ``copy`` how it was varied."""

    name: str
    person: str
    photo: Photo
    copy: str = ""


@dataclass
class Reader:
    """Reads folders, each photo once; counts what it leaves out by its content's SHA-256."""

    seen: set[str] = field(default_factory=set)
    calibration: int = 0
    doubles: int = 0

    def read(self, folder: Path, *, labelled: bool) -> Iterator[Judged]:
        """Yield the photos below the folder that can be decoded, by name."""
        calibrated = set(
            from_json(SHIPPED["scrfd.onnx"].read_text(encoding="utf-8")).photos.values()
        )
        decoder = SafeImageDecoder(DecodeLimits(), 640)
        for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES):
            data = path.read_bytes()
            digest = hashlib.sha256(data).hexdigest()
            if digest in calibrated:
                self.calibration += 1
                continue
            if digest in self.seen:
                self.doubles += 1
                continue
            self.seen.add(digest)
            try:
                photo = decoder.decode(data).full()
            except FaceError as error:
                print(f"left out: {path.name}: {error}", file=sys.stderr)
                continue
            in_person = labelled and path.parent != folder
            name = str(path.relative_to(folder))
            yield Judged(name, path.parent.name if in_person else "", photo)


def copies(photos: Iterable[Judged]) -> list[Judged]:
    """Return harder copies of the photos, the same ones every time."""
    rng = np.random.default_rng(0)
    return [
        Judged(item.name, item.person, Photo.from_pixels(vary(item.photo.pixels, rng)), copy)
        for item in photos
        for copy, vary in VARIATIONS.items()
    ]


def _darker(pixels: Pixels, _: np.random.Generator) -> Pixels:
    return np.asarray(255 * (pixels / 255.0) ** 1.8 * 0.6, np.uint8)


def _coarser(pixels: Pixels, _: np.random.Generator) -> Pixels:
    data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 20])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _noisier(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    return np.asarray(np.clip(pixels + rng.normal(0, 14, pixels.shape), 0, 255), np.uint8)


def _leaning(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    height, width = pixels.shape[:2]
    degrees = rng.uniform(10, 20) * rng.choice((-1, 1))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.asarray(
        cv2.warpAffine(pixels, turn, (width, height), borderMode=cv2.BORDER_REFLECT), np.uint8
    )


def _farther(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Put the photo somewhere into a noisy scene of 2.5 times its sides, in landscape."""
    height, width = pixels.shape[:2]
    tall, wide = round(height * 2.5), round(width * 3.3)
    scene = rng.normal(110, 20, (max(2, tall // 16), max(2, wide // 16), 3))
    whole = cv2.resize(scene, (wide, tall), interpolation=cv2.INTER_CUBIC)
    top, left = int(rng.integers(tall - height)), int(rng.integers(wide - width))
    whole[top : top + height, left : left + width] = pixels
    return np.asarray(np.clip(whole, 0, 255), np.uint8)


VARIATIONS: dict[str, Callable[[Pixels, np.random.Generator], Pixels]] = {
    "darker": _darker,
    "JPEG of quality 20": _coarser,
    "noisier": _noisier,
    "leaning by 10-20 degrees": _leaning,
    "farther away": _farther,
}
