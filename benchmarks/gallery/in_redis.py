"""Measures the shared gallery on real servers and writes docs/gallery-redis-performance.md.

``python -m benchmarks gallery-redis [--faces 100000] [--quick]``

Starts its own servers from the development packages, in temporary folders, on free ports.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray
from redis.utils import HIREDIS_AVAILABLE

from facesvc.application.call import Call
from facesvc.domain.gallery import Enrolment, SearchQuery, WriteReceipt
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.sharded.sharded_gallery import ShardedGallery
from facesvc.gallery.stores.memory import MemoryStore
from facesvc.gallery.stores.redis.store import RedisStore
from harness import redis_servers
from harness.redis_fakes import RecordingSink, eventually
from harness.redis_groups import sentinel_group

ROOT = Path(__file__).resolve().parents[2]
REPORT = ROOT / "docs" / "gallery-redis-performance.md"
RECOGNIZER = "a" * 64
PARSER = "hiredis" if HIREDIS_AVAILABLE else "Python"
LOAD_TARGET_S = 2.5  # for 100,000 faces
BATCH = 1_000
CAPACITIES = (1_000_000, 10_000_000, 100_000_000)
MACHINE_GB = 64
USABLE = 0.6
SHARDS = 3
SOUND = {"appendonly": "yes", "appendfsync": "always"}
FSYNC = ({"appendonly": "no"}, {"appendonly": "yes", "appendfsync": "everysec"}, SOUND)


def vectors(count: int, seed: int = 0) -> NDArray[np.float32]:
    """Return unit vectors, float32 (count, 512)."""
    rows = np.random.default_rng(seed).standard_normal((count, 512), dtype=np.float32)
    unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def enrolments(count: int) -> Iterator[list[Enrolment]]:
    """Yield batches of different users with a name and a small metadata object."""
    for start in range(0, count, BATCH):
        rows = vectors(min(BATCH, count - start), start)
        yield [
            Enrolment(
                "default",
                f"employee-{start + n:07}",
                row,
                0.8,
                name=f"Employee {start + n}",
                metadata={"department": "Engineering"},
            )
            for n, row in enumerate(rows)
        ]


class NoSink(RecordingSink):
    """Takes what a store gives and keeps nothing: what loading costs without an index."""

    def reset(self, users: Any, blocks: Any, versions: Any, catalog: Any) -> None:  # noqa: ARG002 - the port's names
        self.samples = sum(len(block.user_ids) for block in blocks)
        self.resets += 1

    def apply(self, change: Any) -> None:
        """Forget it."""


@contextmanager
def server(program: redis_servers.Engine, settings: dict[str, str]) -> Iterator[Any]:
    """Run one server while the block runs."""
    with tempfile.TemporaryDirectory() as folder:
        running = redis_servers.RedisServer(program, Path(folder), settings).start()
        try:
            yield running
        finally:
            running.stop()


def percentiles(values_s: list[float]) -> tuple[float, float]:
    """Return the median and the 99th percentile in ms."""
    ordered = sorted(values_s)
    return 1000 * statistics.median(ordered), 1000 * ordered[int(0.99 * (len(ordered) - 1))]


def one_by_one(gallery: IndexedGallery, count: int) -> tuple[float, float]:
    """Enrol single faces; return median and 99th percentile in ms."""
    taken = []
    for batch in enrolments(count):
        for enrolment in batch:
            began = time.perf_counter()
            gallery.enroll(enrolment, Call())
            taken.append(time.perf_counter() - began)
    return percentiles(taken)


def measure_enrol(program: redis_servers.Engine, count: int) -> list[str]:
    """Return a row for each kind of durability."""
    rows = []
    for settings in FSYNC:
        with server(program, settings) as running:
            gallery = IndexedGallery(RedisStore(running.patient_url, RECOGNIZER))
            gallery.open()
            median, slow = one_by_one(gallery, count)
            gallery.close()
        name = settings.get("appendfsync", "none")
        rows.append(f"| {program.name} | {name} | - | {median:.2f} | {slow:.2f} |")
    return rows


def measure_waiting(program: redis_servers.Engine, count: int) -> str:
    """Return the row of a write that waits for a Redis replica under Sentinel."""
    with (
        tempfile.TemporaryDirectory() as folder,
        sentinel_group(program, Path(folder), {"appendfsync": "everysec"}) as group,
    ):
        gallery = IndexedGallery(
            RedisStore(f"{group.url}?wait_replicas=1&write_timeout_ms=5000", RECOGNIZER)
        )
        gallery.open()
        median, slow = one_by_one(gallery, count)
        gallery.close()
    return f"| {program.name} | everysec | 1 | {median:.2f} | {slow:.2f} |"


def measure_bulk(program: redis_servers.Engine, faces: int) -> dict[str, float]:
    """Enrol many, load them into a new replica twice, follow as another replica."""
    found: dict[str, float] = {}
    with server(program, {"appendfsync": "everysec"}) as running:
        client = running.client()
        before = client.info("memory")["used_memory"]
        store = RedisStore(running.patient_url, RECOGNIZER)
        store.open(NoSink())
        other = IndexedGallery(RedisStore(running.patient_url, RECOGNIZER))
        other.open()
        began = time.perf_counter()
        for batch in enrolments(faces):
            if not all(isinstance(one, WriteReceipt) for one in store.enroll_many(batch, Call())):
                raise RuntimeError("a face was not stored")
        found["bulk_per_s"] = faces / (time.perf_counter() - began)
        eventually(lambda: other.status().samples == faces, 120)
        found["follow_behind_s"] = time.perf_counter() - began - faces / found["bulk_per_s"]
        for key in client.scan_iter("facesvc:*:r:*", count=1_000):
            client.delete(key)  # receipts of the last minute
        found["bytes_a_face"] = (client.info("memory")["used_memory"] - before) / faces
        found.update(measure_lag(store, other, 1_000))
        store.close()
        other.close()
        for name, work in (("load", load), ("load_indexed", load_indexed)):
            before_s = server_cpu_s(client)
            with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as fresh:
                runs = [fresh.apply(work, (running.patient_url,)) for _ in range(3)]
            found[f"{name}_s"] = min(one.wall_s for one in runs)
            found[f"{name}_cpu_s"] = min(one.cpu_s for one in runs)
            found["server_cpu_s"] = (server_cpu_s(client) - before_s) / len(runs)
        found["replica_bytes_a_face"] = min(one.grown for one in runs) / faces
    return found


@dataclass(frozen=True)
class Opening:
    """What opening a gallery took in a process of its own; ``grown`` in bytes."""

    wall_s: float
    cpu_s: float
    grown: int


def load(url: str) -> Opening:
    """Load everything and keep nothing."""
    store = RedisStore(url, RECOGNIZER)
    return _timed(lambda: store.open(NoSink()), store.close)


def load_indexed(url: str) -> Opening:
    """Open a new replica until it could search."""
    gallery = IndexedGallery(RedisStore(url, RECOGNIZER))
    return _timed(gallery.open, gallery.close)


def _timed(work: Callable[[], None], close: Callable[[], None]) -> Opening:
    process = psutil.Process()
    before, cpu, began = process.memory_info().rss, time.process_time(), time.perf_counter()
    work()
    taken, used = time.perf_counter() - began, time.process_time() - cpu
    grown = process.memory_info().rss - before
    close()
    return Opening(taken, used, grown)


def server_cpu_s(client: Any) -> float:
    """Return the processor seconds that a server has used."""
    used = client.info("cpu")
    return float(used["used_cpu_user"]) + float(used["used_cpu_sys"])


def measure_lag(store: RedisStore, other: IndexedGallery, writes: int) -> dict[str, float]:
    """Return how long a read on another replica waits for a write that was just acknowledged."""
    waited = []
    probe = vectors(1)[0]
    for number in range(writes):
        one = Enrolment("lag", f"u{number % 10}", probe, 0.8)
        receipt = store.enroll(one, Call())
        began = time.perf_counter()
        other.get("lag", one.user_id, Call(5.0), min_version=receipt.version)
        waited.append(time.perf_counter() - began)
    median, slow = percentiles(waited)
    return {"lag_ms": median, "lag_p99_ms": slow}


def measure_search(faces: int) -> tuple[list[str], float]:
    """Return rows of the gallery that is searched inside Redis, or a line that says why not,
    and its bytes a face (0 when not measured).
    """
    program = redis_servers.redis_stack()
    if program.missing:
        return [f"Not measured: {program.missing}."], 0.0
    bytes_a_face = 0.0
    rows = [
        "| faces | servers | search, median ms | in memory, ms | recall@10 | bytes a face |",
        "|---|---|---|---|---|---|",
    ]
    sizes = [size for size in (10_000, 100_000) if size <= faces] or [faces]
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            servers = [
                redis_servers.RedisServer(program, Path(folder) / str(n), {"appendonly": "no"})
                for n in range(SHARDS)
            ]
            try:
                for one in servers:
                    one.start()
                row, bytes_a_face = _search_row(servers, size)
                rows.append(row)
            finally:
                for one in servers:
                    one.stop()
    return rows, bytes_a_face


def _search_row(servers: list[redis_servers.RedisServer], faces: int) -> tuple[str, float]:
    def used() -> int:
        return sum(int(one.client().info("memory")["used_memory"]) for one in servers)

    gallery = ShardedGallery([one.patient_url for one in servers], RECOGNIZER)
    gallery.open()
    local = IndexedGallery(MemoryStore(recognizer=RECOGNIZER))
    local.open()
    before = used()
    for batch in enrolments(faces):
        gallery.enroll_many(batch, Call())
        local.enroll_many(batch, Call())
    bytes_a_face = (used() - before) / faces
    taken: dict[str, list[float]] = {"redis": [], "local": []}
    same = wanted = 0
    genuine, noise = next(enrolments(faces)), vectors(100, 9)
    for number in range(100):
        probe = genuine[number].embedding + noise[number] * np.float32(1.5)
        probe /= np.linalg.norm(probe)
        answers = {}
        for name, target in (("redis", gallery), ("local", local)):
            began = time.perf_counter()
            query = SearchQuery("default", probe[np.newaxis], 10, 0.1)
            answers[name] = target.search(query, Call()).first
            taken[name].append(time.perf_counter() - began)
        expected = {match.user_id for match in answers["local"]}
        wanted += len(expected)
        same += len(expected & {match.user_id for match in answers["redis"]})
    gallery.close()
    local.close()
    inside, memory = (percentiles(taken[name])[0] for name in ("redis", "local"))
    row = (
        f"| {faces:,} | {SHARDS} | {inside:.2f} | {memory:.2f} | {same / wanted:.4f} "
        f"| {bytes_a_face:,.0f} |"
    )
    return row, bytes_a_face


def machine() -> str:
    """Return what the figures were measured on."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} CPUs, {platform.system()} {platform.release()}"


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, default=100_000)
    parser.add_argument("--quick", action="store_true", help="10,000 faces, fewer writes")
    options = parser.parse_args()
    faces = 10_000 if options.quick else options.faces
    writes = 200 if options.quick else 1_000
    programs = [redis_servers.engine(name) for name in redis_servers.ENGINES]
    present = [program for program in programs if not program.missing]
    enrol = [row for program in present for row in measure_enrol(program, writes)]
    enrol.append(measure_waiting(present[0], writes))
    bulk = {program.name: measure_bulk(program, faces) for program in present}
    search, search_bytes = measure_search(faces)
    lines = page(faces, writes, enrol, bulk, search) + capacity(bulk, search_bytes)
    REPORT.write_text("\n".join(lines))
    print(REPORT.read_text())


def page(
    faces: int, writes: int, enrol: list[str], bulk: dict[str, dict[str, float]], search: list[str]
) -> list[str]:
    """Return the measurements."""
    names = list(bulk)
    lines = [
        "# Performance of the shared gallery",
        "",
        f"Written by `python -m benchmarks gallery-redis` on {datetime.now(UTC):%Y-%m-%d}: "
        f"{machine()}, redis-py's {PARSER} parser, load average {os.getloadavg()[0]:.1f} at the "
        "end. Servers, service and benchmark share these processors, without a network between. "
        "Each service's load is the best of three, in a process of its own.",
        "",
        f"## Enrolling one face ({writes:,} writes, ms)",
        "",
        "Until the face is stored and can be searched on the replica that was asked.",
        "",
        "| server | appendfsync | replicas waited for | median | p99 |",
        "|---|---|---|---|---|",
        *enrol,
        "",
        f"## {faces:,} faces",
        "",
        f"| | {' | '.join(names)} | target |",
        f"|---|{'---|' * len(names)}---|",
    ]
    for key, label, form, target in (
        ("bulk_per_s", "bulk enrolment, faces a second", "{:,.0f}", ""),
        ("follow_behind_s", "another replica is in step after, s", "{:.2f}", ""),
        ("load_s", "loading, s", "{:.2f}", f"{LOAD_TARGET_S} for 100,000"),
        ("load_cpu_s", "of it processor time of the service, s", "{:.2f}", ""),
        ("server_cpu_s", "and of Redis, at the same time, s", "{:.2f}", ""),
        ("load_indexed_s", "loading with building the index, s", "{:.2f}", ""),
        ("load_indexed_cpu_s", "of it processor time of the service, s", "{:.2f}", ""),
        ("bytes_a_face", "bytes a face in Redis", "{:,.0f}", ""),
        ("replica_bytes_a_face", "bytes a face in a replica of the service", "{:,.0f}", ""),
        ("lag_ms", "read of a fresh write on another replica waits, median ms", "{:.2f}", ""),
        ("lag_p99_ms", "the same, p99 ms", "{:.2f}", ""),
    ):
        values = " | ".join(form.format(bulk[name][key]) for name in names)
        lines.append(f"| {label} | {values} | {target} |")
    return [*lines, "", "## Searched inside Redis", "", *search, ""]


def capacity(bulk: dict[str, dict[str, float]], search_bytes: float) -> list[str]:
    """Return what galleries of several sizes need, reckoned from the measured bytes."""
    store = max(one["bytes_a_face"] for one in bulk.values())
    replica = max(one["replica_bytes_a_face"] for one in bulk.values())
    usable = MACHINE_GB * 1e9 * USABLE
    lines = [
        "## Capacity",
        "",
        f"Reckoned with the larger of the measured bytes a face: {store:,.0f} in the store, "
        f"{replica:,.0f} in each replica of the service, {search_bytes:,.0f} in servers that "
        f"search. Of a machine of {MACHINE_GB} GB {USABLE:.0%} is filled, "
        f"{usable / 1e9:.1f} GB: rewriting the append-only file and loading afresh need the rest. "
        f"That holds {usable / store / 1e6:.1f} M faces in the store, "
        f"{usable / replica / 1e6:.1f} M in a replica"
        + (f", {usable / search_bytes / 1e6:.1f} M in a searching server." if search_bytes else ".")
        + " Numbers of machines are without spares: double the servers for one replica each.",
        "",
        "| faces | store, GB | machines | a replica, GB | fits one machine "
        "| searching servers, GB | machines |",
        "|---|---|---|---|---|---|---|",
    ]
    for faces in CAPACITIES:
        sizes = [faces * each / 1e9 for each in (store, replica, search_bytes)]
        machines = [math.ceil(size * 1e9 / usable) for size in sizes]
        lines.append(
            f"| {faces / 1e6:,.0f} M | {sizes[0]:,.1f} | {machines[0]} | {sizes[1]:,.1f} "
            f"| {'yes' if machines[1] == 1 else 'no'} | {sizes[2]:,.1f} | {machines[2]} |"
        )
    return [*lines, ""]


if __name__ == "__main__":
    main()
