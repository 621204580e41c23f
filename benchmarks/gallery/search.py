"""Measures exact search: this service's index, faiss and numpy, against reading the memory once.

``python -m benchmarks.gallery.search --method METHOD --faces N [--kind KIND]``

One method and size a process, so that their threads and memory do not mix. Prints JSON: the
minimum and the median of one query in ms, the time to read once what every query reads, and, for
the index, the bytes that a face takes in memory and the recall. Times are the processor time of
the thread, which does all the work: on an idle machine the time that passes, and on a busy one
without the turns of others.

The gallery is synthetic (synthetic.py), one sample a person, and probes have a cosine to their
mate that is near the threshold, which is where approximate methods lose people.
"""

from __future__ import annotations

import os

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # one query uses one core; the others serve other calls

import argparse  # noqa: E402 - libraries read the variables above when they are imported
import ctypes  # noqa: E402
import gc  # noqa: E402
import json  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterator, Sequence  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from benchmarks.gallery.synthetic import KINDS, hard_probes, parts  # noqa: E402
from facesvc.gallery.index import kernels  # noqa: E402 - needs the path above
from facesvc.gallery.index.exact import ExactIndex, ExactView  # noqa: E402
from facesvc.gallery.stores.port import SampleBlock  # noqa: E402

Vectors = NDArray[np.float32]
TOP_K, THRESHOLD = 5, 0.45
_COMPARED_ROWS = 4096


def main() -> None:
    """Measure one method at one size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--method", choices=[*METHODS], required=True)
    parser.add_argument("--faces", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=3.0, help="time to measure for")
    parser.add_argument("--kind", choices=KINDS, default="flat")
    options = parser.parse_args()
    result = METHODS[options.method](options.faces, options.seconds, options.kind)
    print(json.dumps({"method": options.method, "faces": options.faces, **result}))


def timed(call: Callable[[int], object], seconds: float) -> dict[str, float]:
    """Return the minimum and median time of a call in ms; it gets the number of the turn."""
    (times,) = in_turns([call], seconds)
    return summary(times)


def in_turns(calls: Sequence[Callable[[int], object]], seconds: float) -> list[list[float]]:
    """Return the ms of each call, taken in turns for so long, so that noise hits all alike."""
    times: list[list[float]] = [[] for _ in calls]
    for call in calls:
        call(0)
    end = time.perf_counter() + seconds * len(calls)
    while time.perf_counter() < end or len(times[0]) < 7:
        for call, taken in zip(calls, times, strict=True):
            start = time.thread_time()
            call(len(taken))
            taken.append((time.thread_time() - start) * 1e3)
    return times


def summary(times: Sequence[float]) -> dict[str, float]:
    """Return the minimum and the median."""
    return {"min_ms": min(times), "median_ms": statistics.median(times)}


def ratio(times: Sequence[float], limits: Sequence[float]) -> float:
    """Return the median over the turns of the ratio of two times of one turn."""
    return statistics.median(one / two for one, two in zip(times, limits, strict=True))


def measure_index(faces: int, seconds: float, kind: str) -> dict[str, object]:
    """Measure the index of the service, and the limit of reading its int8 codes once."""
    names = [f"user-{number:09}" for number in range(faces)]
    ExactIndex().reset([SampleBlock("warm", ["up"], next(parts(1, kind)))])
    gc.collect()
    before = resident_bytes()
    making = 0.0  # making the vectors is not the index's time

    def blocks() -> Iterator[SampleBlock]:
        nonlocal making
        at, begun = 0, time.thread_time()
        for part in parts(faces, kind):
            making += time.thread_time() - begun
            yield SampleBlock("staff", names[at : at + len(part)], part)
            at, begun = at + len(part), time.thread_time()

    started = time.thread_time()
    view = ExactIndex().reset(blocks())["staff"]
    assert isinstance(view, ExactView)  # noqa: S101 - tells mypy
    load_s = time.thread_time() - started - making
    gc.collect()
    bytes_a_face = (resident_bytes() - before) / faces
    extents = view.extents  # the limit reads the same memory
    largest = max(extents, key=lambda extent: extent.rows)
    probes, mates = hard_probes(largest.block.vectors[: largest.rows], kind)
    before_largest = sum(extent.rows for extent in extents[: extents.index(largest)])
    rows = [extent.block.codes[: extent.rows] for extent in extents]
    codes = [part.view(np.uint64) for part in rows]
    width = extents[0].block.width
    probe_codes = kernels.quantise(probes[:1], width).codes[:, : kernels.first_of(width)]
    search, limit, kernel = in_turns(
        [
            lambda turn: view.search(probes[turn % len(probes)][np.newaxis], TOP_K, THRESHOLD),
            lambda _: [part.max() for part in codes],
            lambda _: [kernels.int8_dots(probe_codes, part) for part in rows],
        ],
        seconds,
    )
    result: dict[str, object] = {
        **summary(search),
        "limit": summary(limit),
        "kernel": summary(kernel),
        "times_limit": ratio(search, limit),
        "kernel_times_limit": ratio(kernel, limit),
        "arrays_bytes_a_face": arrays_bytes(view),
        "held_bytes_a_face": held_bytes(view) / faces,
        "batch_of_8_ms": timed(lambda _: view.search(probes[:8], TOP_K, THRESHOLD), seconds)[
            "min_ms"
        ],
        "bytes_a_face": bytes_a_face,
        "load_s": load_s,
        "recall": recall(view, probes, names),
    }
    found = view.search(probes, TOP_K, THRESHOLD)
    result["mates_found"] = sum(
        names[before_largest + mate] in {hit.user_id for hit in hits}
        for mate, hits in zip(mates, found, strict=True)
    ) / len(mates)
    return result


def arrays_bytes(view: ExactView) -> int:
    """Return what the arrays of a block take for a row."""
    block = view.extents[0].block
    arrays = (block.vectors, block.codes, block.later, block.beyond)
    others = (block.scales, block.owners, block.died)
    return sum(array[0].nbytes for array in (*arrays, *others) if len(array))


def held_bytes(view: ExactView) -> int:
    """Return what the index holds for its rows, byte by byte; the user ids are the users'."""
    numbers = sum(map(sys.getsizeof, view.rows.of_user.values()))
    lists = sys.getsizeof(view.rows.users) + sys.getsizeof(view.rows.of_user)
    return int(view.rows.total * arrays_bytes(view) + numbers + lists)


def recall(view: ExactView, probes: Vectors, names: list[str]) -> float:
    """Return the share of the true ten best of each probe that is found."""
    scores = np.empty((len(probes), 0), np.float32)
    best = np.empty((len(probes), 0), np.int64)
    start = 0
    for extent in view.extents:
        for at in range(0, extent.rows, _COMPARED_ROWS):
            part = extent.block.vectors[at : min(at + _COMPARED_ROWS, extent.rows)]
            scores = np.concatenate([scores, probes @ part.T], axis=1)
            numbers = np.arange(start, start + len(part))
            best = np.concatenate([best, np.tile(numbers, (len(probes), 1))], axis=1)
            order = np.argsort(-scores, axis=1, kind="stable")[:, :10]
            scores = np.take_along_axis(scores, order, axis=1)
            best = np.take_along_axis(best, order, axis=1)
            start += len(part)
    hits = 0
    for answer, true in zip(view.search(probes, 10, -1.0), best, strict=True):
        hits += len({names[row] for row in true} & {hit.user_id for hit in answer})
    return hits / best.size


def measure_numpy(faces: int, seconds: float, kind: str) -> dict[str, object]:
    """A float32 matrix product and argpartition, and the limit of reading the matrix once."""
    gallery = np.concatenate(list(parts(faces, kind)))
    probes, _ = hard_probes(gallery, kind)

    def search(turn: int) -> object:
        scores = gallery @ probes[turn % len(probes)]
        best = np.argpartition(scores, -TOP_K)[-TOP_K:]
        return best[np.argsort(-scores[best])]

    return {
        **timed(search, seconds),
        "limit": timed(lambda _: gallery.view(np.uint64).max(), seconds),
    }


def measure_faiss(faces: int, seconds: float, kind: str) -> dict[str, object]:
    """The faiss library's exact index with one thread."""
    import faiss

    faiss.omp_set_num_threads(1)
    gallery = np.concatenate(list(parts(faces, kind)))
    probes, _ = hard_probes(gallery, kind)
    index = faiss.IndexFlatIP(512)
    index.add(gallery)
    del gallery
    return dict(
        timed(lambda turn: index.search(probes[turn % len(probes)][np.newaxis], TOP_K), seconds)
    )


def resident_bytes() -> int:
    """Return the memory that this process holds."""
    ctypes.CDLL(None).malloc_trim(0)  # what the allocator keeps of freed memory is not the index's
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


METHODS: dict[str, Callable[[int, float, str], dict[str, object]]] = {
    "index": measure_index,
    "numpy": measure_numpy,
    "faiss": measure_faiss,
}

if __name__ == "__main__":
    main()
