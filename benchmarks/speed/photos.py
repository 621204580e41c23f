"""The photos that are sent: real faces at several sizes, made from the sample photos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "data" / "samples"
PORTRAIT = "jacinda_ardern/1.jpg"
GROUP = "group.jpg"
JPEG_QUALITY = 88


@dataclass(frozen=True)
class BenchPhoto:
    """One JPEG. ``title`` is for tables."""

    key: str
    title: str
    data: bytes


def make_photos() -> dict[str, BenchPhoto]:
    """Return the photos by key. Raises SystemExit when the samples are missing."""
    made = [
        _photo("small", "0.06 MP, one face", PORTRAIT, 250, 250),
        _photo("two", "2 MP, one face", PORTRAIT, 1080, 1920),
        _photo("twelve", "12 MP, one face", PORTRAIT, 3000, 4000),
        _photo("six", "2 MP, six faces", GROUP, 1732, 1199),
    ]
    return {photo.key: photo for photo in made}


def _photo(key: str, title: str, sample: str, width: int, height: int) -> BenchPhoto:
    """Fit the sample into the size, the rest filled by its mirrored edges, with the noise of a
    camera so that the file is as large as a camera's.
    """
    pixels = cv2.imread(str(SAMPLES / sample))
    if pixels is None:
        raise SystemExit(f"{SAMPLES / sample} is missing: make samples")
    scale = min(width / pixels.shape[1], height / pixels.shape[0])
    size = (min(width, round(pixels.shape[1] * scale)), min(height, round(pixels.shape[0] * scale)))
    fitted = cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC)
    spare = (height - size[1], width - size[0])
    whole = cv2.copyMakeBorder(fitted, 0, spare[0], 0, spare[1], cv2.BORDER_REFLECT)
    if spare != (0, 0):  # mirrored edges must not show a second face
        edge = cv2.GaussianBlur(whole, (0, 0), max(width, height) / 30)
        edge[: size[1], : size[0]] = fitted
        whole = edge
    noise = np.random.default_rng(1).normal(0, 3, (*whole.shape[:2], 1))
    noisy = np.clip(whole + noise, 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return BenchPhoto(key, title, bytes(data))
