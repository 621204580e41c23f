"""What looking at a file before decoding it costs, and what a large photo costs over a small one.

Embeds the same face from JPEGs of 1 and 12 megapixels through decoder, finder and engine, on one
thread, interleaved. Prints medians and keeps the two ratios for docs/reliability.md.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from facesvc.adapters.engine.config import EngineConfig, Precision
from facesvc.adapters.engine.engine import OnnxFaceEngine, build_engine
from facesvc.adapters.intake.decode import DecodeLimits, SafeImageDecoder
from facesvc.adapters.intake.decode.checks import inspect
from facesvc.adapters.packs.load import load_pack
from facesvc.application.call import Call
from facesvc.application.find_faces import FaceFinder
from tests.faults.figures import record

ROOT = Path(__file__).resolve().parent.parent
PORTRAIT = ROOT / "data" / "samples" / "rishi_sunak" / "1.jpg"  # 747 x 900, its face 280 wide
MEGAPIXELS = (1, 12)


def portrait(megapixels: int) -> bytes:
    """Return the portrait at this size as a JPEG of quality 90, as phones write it."""
    pixels = cv2.imread(str(PORTRAIT))
    if pixels is None:
        raise SystemExit(f"{PORTRAIT} is missing: make samples")
    factor = (megapixels * 1e6 / (pixels.shape[0] * pixels.shape[1])) ** 0.5
    enlarged = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    # The grain of a sensor: enlarged pixels alone are smoother, and decode faster, than a photo.
    grain = np.random.default_rng(0).normal(0, 6, enlarged.shape)
    noisy = (enlarged + grain).clip(0, 255).astype(np.uint8)
    return bytes(cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 90])[1])


def embed(decoder: SafeImageDecoder, finder: FaceFinder, data: bytes) -> None:
    """Do what Embed does with an image's bytes."""
    photo = decoder.decode(data)
    (face, *_) = finder.find(photo, Call())
    finder.engine.assess_quality(photo, face)
    finder.engine.embed(photo, face)


def timed_ms(work: Callable[[], Any]) -> float:
    """Return how long the work took."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def main() -> None:
    """Run the rounds and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    pack = load_pack("compact", ROOT / "models")
    engine: OnnxFaceEngine = build_engine(
        pack,
        EngineConfig(
            precision=Precision.INT8,
        ),
    )
    decoder, finder, limits = SafeImageDecoder(), FaceFinder(engine), DecodeLimits()
    photos = {size: portrait(size) for size in MEGAPIXELS}
    times: dict[tuple[str, int], list[float]] = {}
    for _ in range(rounds):
        for size, data in photos.items():
            for step, work in (
                ("look", lambda data=data: inspect(data, limits)),
                ("decode", lambda data=data: decoder.decode(data)),
                ("embed", lambda data=data: embed(decoder, finder, data)),
            ):
                times.setdefault((step, size), []).append(timed_ms(work))
    medians = {key: statistics.median(values) for key, values in times.items()}
    print(f"{platform.processor() or platform.machine()}, {rounds} rounds, medians in ms")
    print("photo     bytes      look before decoding  decode  embed, whole")
    for size, data in photos.items():
        look, decode, whole = (medians[step, size] for step in ("look", "decode", "embed"))
        print(f"{size:2} MP  {len(data):9}  {look:20.2f}  {decode:6.1f}  {whole:12.1f}")
    share = 100 * medians["look", 1] / medians["embed", 1]
    ratio = medians["embed", 12] / medians["embed", 1]
    record("precheck", f"{share:.1f} % of an embed call on a 1 MP JPEG")
    record("large_photos", f"a 12 MP JPEG takes {ratio:.2f} times as long as 1 MP")


if __name__ == "__main__":
    main()
