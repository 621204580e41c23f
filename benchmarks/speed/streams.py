"""One stream or batch against callers of single photos: ``python -m benchmarks.speed.streams``.

Writes docs/performance/streams.md. ``--quick`` runs shortly and writes nothing.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc

from benchmarks.speed import clients, processes
from benchmarks.speed.part import Part, run_part
from benchmarks.speed.photos import make_photos
from benchmarks.speed.report import machine
from benchmarks.speed.turns import Way, take_turns
from facesvc.v1.face_service_pb2 import BatchEmbedRequest, StreamEmbedRequest
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub

PHOTO = "two"
ITEMS = 64  # photos of a stream or batch, MAX_BATCH_SIZE
CALLERS = 4
READ_EVERY_S = 0.05  # the slow reader, at half the pace at which the service could answer
LATENCIES_S = (0.1, 0.5)  # of the web server that photos are fetched from
UNARY = f"{CALLERS} callers of Embed"
STREAM, BATCH = f"one StreamEmbed of {ITEMS}", f"one BatchEmbed of {ITEMS}"
GOAL = 0.95  # of what the callers of single photos reach
# The photos are larger together than grpcio's limit of 4 MiB, which the server lifts.
OPTIONS = [("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]


@dataclass(frozen=True)
class Memory:
    """The server's resident memory in MiB around one long stream that is read slowly."""

    before: float
    most: float
    after: float


def measure(part: Part) -> str:
    """Return the page."""
    data, items = make_photos()[PHOTO].data, min(ITEMS, part.items)
    with ExitStack() as stack:
        urls = {latency: stack.enter_context(web_server(data, latency)) for latency in LATENCIES_S}
        port, _, running = stack.enter_context(
            processes.service("onnxruntime", {"IMAGE_URL_ALLOW": "127.0.0.1"})
        )
        stub = FaceServiceStub(  # type: ignore[no-untyped-call] # generated
            stack.enter_context(grpc.insecure_channel(f"127.0.0.1:{port}", OPTIONS))
        )
        ways: dict[str, Way] = {
            UNARY: lambda _, s: clients.run(clients.by_grpc(port, data), CALLERS, s),
            STREAM: repeat(lambda: _stream(stub, [{"image": data}] * items)),
            BATCH: repeat(lambda: _batch(stub, {"images": [data] * items})),
        }
        waits_s: dict[str, float] = {}
        for latency, url in urls.items():
            named = f"URLs, {latency * 1000:.0f} ms away"
            ways[f"{STREAM} {named}"] = repeat(partial(_stream, stub, [{"image_url": url}] * items))
            ways[f"{BATCH} {named}"] = repeat(partial(_batch, stub, {"image_urls": [url] * items}))
            waits_s |= {f"{STREAM} {named}": latency, f"{BATCH} {named}": latency}
        memory = _slow_reader(stub, data, part.items, lambda: processes.server_rss_mib(running))
        results = take_turns(ways, PHOTO, (1,), part.rounds, part.seconds)
    ratios = {name: results.ratio((name, PHOTO, 1), (UNARY, PHOTO, 1)) for name in ways}
    alone_s = items / results.rate((UNARY, PHOTO, 1))
    # Before its first photo is there a call can compute nothing.
    bounds = {name: alone_s / (alone_s + waits_s.get(name, 0.0)) for name in ways if name != UNARY}
    return PAGE.format(
        machine=machine(),
        rounds=part.rounds,
        seconds=part.seconds,
        items=items,
        table=_rates(ratios, bounds, {name: results.rate((name, PHOTO, 1)) for name in ways}),
        goal=GOAL,
        photos=part.items,
        kilobytes=len(data) / 1000,
        pace=1 / READ_EVERY_S,
        memory=memory,
    )


def repeat(work: Callable[[], int]) -> Way:
    """Return a way that does the work over and over; its times are ms an item."""

    def way(_: int, seconds: float) -> tuple[list[float], float]:
        times: list[float] = []
        start = time.perf_counter()
        while time.perf_counter() - start < seconds:
            began = time.perf_counter()
            count = work()
            times += [(time.perf_counter() - began) * 1000 / count] * count
        return times, time.perf_counter() - start

    return way


def _stream(stub: FaceServiceStub, images: list[dict[str, object]]) -> int:
    requests = (
        StreamEmbedRequest(item_id=str(number), **image)  # type: ignore[arg-type] # one of two
        for number, image in enumerate(images)
    )
    return sum(_sound(answer) for answer in stub.StreamEmbed(requests))


def _batch(stub: FaceServiceStub, images: dict[str, list[object]]) -> int:
    answer = stub.BatchEmbed(BatchEmbedRequest(**images))  # type: ignore[arg-type] # one of two
    return sum(_sound(result) for result in answer.results)


def _sound(answer: object) -> int:
    if len(answer.embedding) != 512:  # type: ignore[attr-defined] # either kind has one
        raise SystemExit(f"no embedding: {answer}")
    return 1


def _slow_reader(
    stub: FaceServiceStub, data: bytes, count: int, rss_mib: Callable[[], float]
) -> Memory:
    _stream(stub, [{"image": data}] * 32)  # what every thread needs once
    before = most = rss_mib()
    requests = (StreamEmbedRequest(item_id=str(n), image=data) for n in range(count))
    for number, answer in enumerate(stub.StreamEmbed(requests)):
        _sound(answer)
        time.sleep(READ_EVERY_S)
        if number % 20 == 0:
            most = max(most, rss_mib())
    return Memory(before, most, rss_mib())


@contextmanager
def web_server(data: bytes, latency_s: float) -> Iterator[str]:
    """Serve the photo after a pause; yield its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            time.sleep(latency_s)
            self.send_response(200)
            self.send_header("content-type", "image/jpeg")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        with ThreadPoolExecutor(1) as pool:
            pool.submit(server.serve_forever)
            try:
                yield f"http://127.0.0.1:{server.server_port}/photo.jpg"
            finally:
                server.shutdown()


def _rates(ratios: dict[str, float], bounds: dict[str, float], rates: dict[str, float]) -> str:
    lines = [f"| | photos/s | of {UNARY} | wanted |", "|---" * 4 + "|"]
    for name, ratio in ratios.items():
        wanted = "-"
        if name in bounds:
            goal = GOAL * bounds[name]
            wanted = f"at least {goal:.2f}: {'met' if ratio >= goal else 'MISSED'}"
        lines.append(f"| {name} | {rates[name]:.1f} | {ratio:.2f} | {wanted} |")
    return "\n".join(lines)


PAGE = """\
# Streams and batches

Written by `python -m benchmarks.speed.streams`. {machine}.

2 MP photos ({kilobytes:.0f} KB) in turns: {rounds} rounds of at least {seconds:g} s. Callers of \
Embed each call, wait, call again; a stream or batch is one call after another of {items} photos, \
so its start and its last photos, when a core runs out of work, count. With URLs the photos come \
from a web server that answers after the time named. Wanted is {goal:g} of the callers' rate, or \
of what is left of it when a call waits for its first photo for that time.

{table}

A client that sends {photos} photos in one stream as fast as it may, and reads {pace:.0f} answers \
a second: the server's resident memory was {memory.before:.0f} MiB before (after 32 photos), at \
most {memory.most:.0f} MiB during and {memory.after:.0f} MiB after it.
"""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    run_part("streams", __doc__, measure, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
