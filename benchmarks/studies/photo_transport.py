"""What the way of sending a photo costs: /embed by gRPC and REST, against a running service.

Start it by ``python scripts/with_service.py .venv/bin/python -m benchmarks photo-transport``.
Prints a Markdown table of median times for a photo that is scaled to one megapixel.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import grpc

from facesvc.v1.face_service_pb2 import EmbedRequest
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub

ROOT = Path(__file__).resolve().parents[2]

PHOTO = ROOT / "data" / "samples" / "joe_biden" / "1.jpg"
PIXELS = 1_000_000
JPEG_QUALITY = 90


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=60, help="calls of each way")
    options = parser.parse_args()
    rest = urlsplit(os.environ["FACESVC_URL"])
    photo = one_megapixel(PHOTO)
    connection = http.client.HTTPConnection(rest.hostname or "", rest.port, timeout=60)

    def post(body: bytes, content_type: str) -> None:
        connection.request("POST", "/embed", body, {"content-type": content_type})
        response = connection.getresponse()
        answer = response.read()
        if response.status != http.client.OK:
            raise SystemExit(answer.decode())

    def post_json() -> None:
        post(json.dumps({"image": base64.b64encode(photo).decode()}).encode(), "application/json")

    with (
        grpc.insecure_channel(os.environ["FACESVC_ADDR"]) as direct,
        grpc.insecure_channel(rest.netloc) as through_envoy,
    ):
        first = FaceServiceStub(direct)  # type: ignore[no-untyped-call] # generated
        second = FaceServiceStub(through_envoy)  # type: ignore[no-untyped-call] # generated
        ways: dict[str, Callable[[], object]] = {
            "gRPC": lambda: first.Embed(EmbedRequest(image=photo)),
            "gRPC through Envoy": lambda: second.Embed(EmbedRequest(image=photo)),
            "REST, photo as the body": lambda: post(photo, "image/jpeg"),
            "REST, base64 in JSON": post_json,
        }
        times = measure(ways, options.calls)
    print(f"{len(photo) / 1000:.0f} KB JPEG of 1 MP, {options.calls} calls each, one at a time, ")
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}\n")
    print("| way | p50 ms | p95 ms |\n|---|---|---|")
    for way, values in times.items():
        p95 = statistics.quantiles(values, n=20)[-1]
        print(f"| {way} | {statistics.median(values):.1f} | {p95:.1f} |")


def one_megapixel(path: Path) -> bytes:
    """Return the photo as a JPEG of about one million pixels."""
    pixels = cv2.imread(str(path))
    if pixels is None:
        raise SystemExit(f"{path} is missing: make samples")
    scale = (PIXELS / (pixels.shape[0] * pixels.shape[1])) ** 0.5
    scaled = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", scaled, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return bytes(data)


def measure(ways: dict[str, Callable[[], object]], calls: int) -> dict[str, list[float]]:
    """Return milliseconds a call; the ways take turns, so that a noisy moment hits all alike."""
    times: dict[str, list[float]] = {way: [] for way in ways}
    for call in range(calls + 3):
        for way, function in ways.items():
            began = time.perf_counter()
            function()
            if call >= 3:  # the first ones open connections
                times[way].append((time.perf_counter() - began) * 1000)
    return times


if __name__ == "__main__":
    main()
