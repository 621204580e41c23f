"""Measures the SQLite store: enrolling one by one, from several threads and in bulk, loading,
deleting, the size of the file, and the memory of a whole gallery.

``python -m benchmarks.gallery.store --faces N [--sealed] [--folder FOLDER]``

The folder should be on the disk that the service would use. Prints JSON.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import secrets
import statistics
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from facesvc.application.call import Call
from facesvc.domain.gallery import Enrolment
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite.store import SqliteStore

RECOGNIZER = "a" * 64
SINGLE, THREADS, BULK = 300, 8, 500


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=int, required=True)
    parser.add_argument("--sealed", action="store_true", help="with GALLERY_KEY")
    parser.add_argument("--folder", type=Path, help="default: the system's temporary folder")
    options = parser.parse_args()
    ring = KeyRing([secrets.token_bytes(32)]) if options.sealed else None
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        result = measure(Path(folder) / "gallery.sqlite3", options.faces, ring)
    print(json.dumps({"faces": options.faces, "sealed": options.sealed, **result}))


def measure(path: Path, faces: int, ring: KeyRing | None) -> dict[str, float]:
    """Fill a gallery to ``faces`` and measure it."""
    gallery = opened(path, ring)
    call = Call()
    result = {"sync_ms": sync_ms(path.parent)}
    times = []
    for number in range(SINGLE):
        started = time.perf_counter()
        gallery.enroll(person(number), call)
        times.append((time.perf_counter() - started) * 1e3)
    result["enroll_ms"] = statistics.median(times)
    result["enroll_p99_ms"] = sorted(times)[int(SINGLE * 0.99)]
    started = time.perf_counter()
    run_threads(gallery, call)
    result["enroll_from_8_threads_per_s"] = THREADS * SINGLE / (time.perf_counter() - started)
    first = SINGLE * (THREADS + 1)
    started = time.perf_counter()
    spent = 0.0  # on making vectors, which is not the store's
    for start in range(first, faces, BULK):
        making = time.perf_counter()
        batch = [person(number) for number in range(start, min(start + BULK, faces))]
        spent += time.perf_counter() - making
        gallery.enroll_many(batch, call)
    result["bulk_per_s"] = (faces - first) / (time.perf_counter() - started - spent)
    gallery.purge(call)
    gallery.close()
    del gallery
    result["file_bytes_a_face"] = path.stat().st_size / faces
    result.update(load(path, ring, faces))
    return result


def run_threads(gallery: IndexedGallery, call: Call) -> None:
    """Enrol from several threads at once: they share syncs."""

    def work(thread: int) -> None:
        for number in range(SINGLE):
            gallery.enroll(person(SINGLE * (thread + 1) + number), call)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def load(path: Path, ring: KeyRing | None, faces: int) -> dict[str, float]:
    """Open the file three times; the memory is the first time's."""
    gc.collect()
    before = resident_bytes()
    times = []
    memory = 0.0
    for _ in range(3):
        started = time.perf_counter()
        gallery = opened(path, ring)
        times.append(time.perf_counter() - started)
        gc.collect()
        memory = memory or (resident_bytes() - before) / faces
        gallery.close()
        del gallery
        gc.collect()
    return {
        "load_s": min(times),
        "load_median_s": statistics.median(times),
        "memory_a_face": memory,
    }


def opened(path: Path, ring: KeyRing | None) -> IndexedGallery:
    """Return the open gallery."""
    gallery = IndexedGallery(SqliteStore(path, recognizer=RECOGNIZER, ring=ring))
    gallery.open()
    return gallery


def person(number: int) -> Enrolment:
    """Return an enrolment with a name and some metadata."""
    vector = np.random.default_rng(number).standard_normal(512, dtype=np.float32)
    vector /= np.linalg.norm(vector)
    return Enrolment(
        "staff",
        f"user-{number:09}",
        vector,
        0.8,
        name=f"Person {number}",
        metadata={"department": "Engineering", "badge": number},
    )


def sync_ms(folder: Path) -> float:
    """Return the median time of writing 16 KiB and syncing it: the floor of a durable write."""
    descriptor = os.open(folder / "probe", os.O_RDWR | os.O_CREAT)
    times = []
    for _ in range(100):
        started = time.perf_counter()
        os.write(descriptor, bytes(16384))
        os.fdatasync(descriptor)
        times.append((time.perf_counter() - started) * 1e3)
    os.close(descriptor)
    return statistics.median(times)


def resident_bytes() -> int:
    """Return the memory that this process holds and uses."""
    ctypes.CDLL(None).malloc_trim(0)  # what the allocator keeps of freed memory does not count
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


if __name__ == "__main__":
    main()
