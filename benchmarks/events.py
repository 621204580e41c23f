"""What events cost: an enrolment with and without them, and a decision of CheckIn.

``python -m benchmarks events`` prints a table; the median and the 95th percentile of each, in
milliseconds, measured in turns so that a busy machine disturbs all alike.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import redis

from facesvc.application.call import Call
from facesvc.domain.events import Event, EventKind, Retention
from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.domain.gallery import Enrolment
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.port import GalleryStore
from facesvc.gallery.stores.redis.store import RedisStore
from facesvc.gallery.stores.sqlite.store import SqliteStore
from harness.redis_servers import RedisServer, engine

DIGEST = "a" * 64
ROUNDS, PER_ROUND = 40, 10
KEEP = Retention(seconds=86_400, count=50_000)
CALL = Call()


def opened(store: GalleryStore) -> IndexedGallery:
    """Return the open gallery of a store."""
    gallery = IndexedGallery(store)
    gallery.open()
    return gallery


def face(number: int) -> Enrolment:
    """Return one of fifty faces, of one of 500 users."""
    vector = np.random.default_rng(number % 50).standard_normal(EMBEDDING_SIZE).astype(np.float32)
    return Enrolment("staff", f"u{number % 500}", vector / np.linalg.norm(vector), 0.8)


def enrolling(gallery: IndexedGallery) -> Callable[[int], object]:
    """Return what enrols one face."""
    return lambda number: gallery.enroll(face(number), CALL)


def deciding(gallery: IndexedGallery, *, wait: bool) -> Callable[[int], object]:
    """Return what keeps one decision."""
    log = gallery.events
    if log is None:
        raise ValueError("The gallery keeps no events.")
    data = {"decision": "MATCH", "reasons": [], "similarity": 0.71}

    def decide(number: int) -> None:
        event = Event(EventKind.CHECKIN_DECIDED, "staff", f"u{number % 500}", data)
        log.append([event], CALL, wait=wait)

    return decide


def setting(server: RedisServer) -> Callable[[int], object]:
    """Return what writes one key of as many bytes: what a durable write costs the server alone."""
    client = redis.Redis.from_url(server.url)
    return lambda _: client.set("benchmark", b"x" * 200)


def main() -> None:
    """Measure and print."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = RedisServer(engine("valkey"), folder / "valkey").start()
        stack.callback(server.stop)
        tasks: dict[str, Callable[[int], object]] = {}
        for name, off, on in (
            (
                "SQLite",
                SqliteStore(folder / "off.db", recognizer=DIGEST),
                SqliteStore(folder / "on.db", recognizer=DIGEST, events=KEEP),
            ),
            (
                "Valkey",
                RedisStore(server.patient_url, DIGEST),
                RedisStore(server.patient_url.replace("?", "/1?"), DIGEST, events=KEEP),
            ),
        ):
            without, having = opened(off), opened(on)
            stack.callback(without.close)
            stack.callback(having.close)
            tasks |= {
                f"enrol, {name}, EVENTS=false": enrolling(without),
                f"enrol, {name}, EVENTS=true": enrolling(having),
                f"decision, {name}": deciding(having, wait=False),
                f"decision, {name}, EVENTS_DECISIONS_DURABLE=true": deciding(having, wait=True),
            }
        tasks["SET of one key, Valkey"] = setting(server)
        times: dict[str, list[float]] = {name: [] for name in tasks}
        number = 0
        for _ in range(ROUNDS):
            for name, task in tasks.items():
                for _ in range(PER_ROUND):
                    number += 1
                    began = time.perf_counter()
                    task(number)
                    times[name].append((time.perf_counter() - began) * 1000)
    print("| what | median ms | p95 ms |\n|---|---|---|")
    for name, taken in times.items():
        p95 = statistics.quantiles(taken, n=20)[-1]
        print(f"| {name} | {statistics.median(taken):.2f} | {p95:.2f} |")


if __name__ == "__main__":
    main()
