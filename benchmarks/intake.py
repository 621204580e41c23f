"""What looking at a file before decoding it costs, and what a large photo costs over a small one.

Embeds the same face from JPEGs of 1 and 12 megapixels, interleaved: step by step through decoder,
finder and engine on one thread, and whole as a caller of the running service by gRPC. Prints
medians and keeps the two ratios for docs/reliability.md. A ratio is the median of the rounds'
ratios: the two photos of a round are measured one after the other, and noise hits both alike.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.speed import clients, processes
from facesvc.allocator import keep_freed_memory
from facesvc.application.call import Call
from facesvc.application.find_faces import FaceFinder
from facesvc.engine.config import EngineConfig, Precision
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.images.decode import DecodeLimits, SafeImageDecoder
from facesvc.images.decode.checks import inspect
from facesvc.models.load import load_pack
from harness.figures import record

ROOT = Path(__file__).resolve().parent.parent
PORTRAIT = ROOT / "data" / "samples" / "rishi_sunak" / "1.jpg"  # 747 x 900, its face 280 wide
MEGAPIXELS = (1, 12)


def portrait(megapixels: int) -> bytes:
    """Return the portrait at this size as a JPEG."""
    pixels = cv2.imread(str(PORTRAIT))
    if pixels is None:
        raise SystemExit(f"{PORTRAIT} is missing: make samples")
    return enlarged_jpeg(np.asarray(pixels, np.uint8), megapixels)


def enlarged_jpeg(pixels: NDArray[np.uint8], megapixels: int) -> bytes:
    """Return the photo at this size as a JPEG of quality 90, as phones write it."""
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
    finder.engine.recognize(photo, face)


def timed_ms(work: Callable[[], Any]) -> float:
    """Return how long the work took."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def main() -> None:
    """Run the rounds and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    keep_freed_memory(arenas=2)  # as server.py does
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

    def measure(size: int, step: str, work: Callable[[], Any]) -> None:
        times.setdefault((step, size), []).append(timed_ms(work))

    for _ in range(rounds):
        for size, data in photos.items():
            measure(size, "look", partial(inspect, data, limits))
            measure(size, "decode", partial(decoder.decode, data))
            measure(size, "embed", partial(embed, decoder, finder, data))
    with ExitStack() as stack:
        port, _, _ = stack.enter_context(processes.service("onnxruntime"))
        asks = {size: clients.by_grpc(port, data)(stack) for size, data in photos.items()}
        for _ in range(3):  # connections, and the server's memory
            for ask in asks.values():
                ask()
        for _ in range(rounds):
            for size, ask in asks.items():
                measure(size, "answer", ask)
    medians = {key: statistics.median(values) for key, values in times.items()}
    print(f"{platform.processor() or platform.machine()}, {rounds} rounds, medians in ms")
    print("photo     bytes      look before decoding  decode  embed  answered by the service")
    for size, data in photos.items():
        look, decode, whole, answer = (
            medians[step, size] for step in ("look", "decode", "embed", "answer")
        )
        print(
            f"{size:2} MP  {len(data):9}  {look:20.2f}  {decode:6.1f}  {whole:5.1f}  {answer:6.1f}"
        )
    share = 100 * medians["look", 1] / medians["embed", 1]
    ratio, inside = (
        statistics.median(
            large / small for small, large in zip(times[step, 1], times[step, 12], strict=True)
        )
        for step in ("answer", "embed")
    )
    record("precheck", f"{share:.1f} % of an embed call on a 1 MP JPEG")
    record(
        "large_photos",
        f"a 12 MP JPEG is answered in {ratio:.2f} times the time of 1 MP"
        f" ({inside:.2f} without the server)",
    )


if __name__ == "__main__":
    main()
