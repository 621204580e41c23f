"""What decoding a large JPEG at a fraction of its size does to a face's embedding.

``python -m benchmarks reduced-decode`` enlarges the sample portraits to 8, 12 and 16 megapixels,
with a sensor's grain, decodes each whole, at a half and at a quarter, and compares the embedding
with that of the portrait before it was enlarged. How far embeddings move for nothing is shown
beside it: the portrait itself made 5 % smaller and larger.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.intake import enlarged_jpeg
from benchmarks.speed.photos import ROOT
from benchmarks.speed.report import machine
from facesvc.application.call import Call
from facesvc.application.find_faces import FaceFinder
from facesvc.domain.photo import Photo
from facesvc.engine.config import EngineConfig, Precision
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.images.decode import SafeImageDecoder
from facesvc.models.load import load_pack

MEGAPIXELS = (8, 12, 16)
TIMED = 12
SCALES = (1.0, 0.5, 0.25)
RESIZED = (0.95, 1.05)

Embeddings = dict[tuple[str, Path, float], NDArray[np.float32]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--samples", type=Path, default=ROOT / "data" / "samples")
    parser.add_argument("--precision", type=Precision, default=Precision.INT8)
    arguments = parser.parse_args()
    pack = load_pack("compact", ROOT / "models")
    engine: OnnxFaceEngine = build_engine(pack, EngineConfig(precision=arguments.precision))
    finder = FaceFinder(engine)
    paths = sorted(arguments.samples.glob("*/*.jpg"))
    if not paths:
        raise SystemExit(f"{arguments.samples} has no photos: make samples")
    found: Embeddings = {}
    decode_ms: dict[str, list[float]] = defaultdict(list)
    for path in paths:
        pixels = np.asarray(cv2.imread(str(path)), np.uint8)
        found["original", path, 0] = embedding(finder, Photo.from_pixels(pixels))
        for factor in RESIZED:
            resized = np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor), np.uint8)
            name = "original, 5 % smaller or larger"
            found[name, path, factor] = embedding(finder, Photo.from_pixels(resized))
        for size in MEGAPIXELS:
            reduced = SafeImageDecoder(detection_size=64).decode(enlarged_jpeg(pixels, size))
            for scale in SCALES:
                name, started = f"decoded at {scale:g}", time.perf_counter()
                photo = reduced.at_least(scale)
                if size == TIMED:
                    decode_ms[name].append((time.perf_counter() - started) * 1000)
                found[name, path, size] = embedding(finder, photo)
    report(found, decode_ms, arguments.precision)


def embedding(finder: FaceFinder, photo: Photo) -> NDArray[np.float32]:
    """Return the best face's embedding."""
    (face, *_) = finder.find(photo, Call())
    return finder.engine.recognize(photo, face).embedding


def report(found: Embeddings, decode_ms: dict[str, list[float]], precision: Precision) -> None:
    """Print one row for each way to decode."""
    print(f"{machine()}; detector {precision}")
    print(
        "| | decoding 12 MP, ms | cosine to the original: lowest | p10 | median |"
        " genuine pairs, mean |"
    )
    print("|---|---|---|---|---|---|")
    for way in dict.fromkeys(way for way, _, _ in found):
        cosines = [
            float(value @ found["original", path, 0])
            for (name, path, _), value in found.items()
            if name == way
        ]
        low, p10, middle = (
            min(cosines),
            float(np.quantile(cosines, 0.1)),
            statistics.median(cosines),
        )
        ms = f"{statistics.median(decode_ms[way]):.1f}" if way in decode_ms else ""
        print(
            f"| {way} | {ms} | {low:.3f} | {p10:.3f} | {middle:.3f} | {genuine(found, way):.3f} |"
        )


def genuine(found: Embeddings, way: str) -> float:
    """Return the mean cosine of pairs of one person's photos, decoded the same way."""
    mine = [(path, size, value) for (name, path, size), value in found.items() if name == way]
    return statistics.fmean(
        float(one @ other)
        for (left, size, one), (right, same, other) in itertools.combinations(mine, 2)
        if left != right and left.parent == right.parent and size == same
    )


if __name__ == "__main__":
    main()
