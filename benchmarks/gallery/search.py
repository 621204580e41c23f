"""Measures exact search: this service's index, faiss and numpy, against reading the memory once.

``python -m benchmarks.gallery.search --method METHOD --faces N``

One method and size a process, so that their threads and memory do not mix. Prints JSON: the
minimum and the median of one query in ms, the time to read the vectors once, and, for the
index, the bytes that a face takes in memory and the recall.

The gallery is synthetic: random directions, one sample a person, and probes whose cosine to
their mate is near the threshold, which is where approximate methods lose people. With
``--spectrum joined`` the directions fall off as those of the packs with two recognizers do: most
of them lies in the first 256 numbers, which then are scanned alone.
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

from facesvc.gallery.index import kernels  # noqa: E402 - needs the path above
from facesvc.gallery.index.exact import ExactIndex, ExactView  # noqa: E402
from facesvc.gallery.index.port import Hit  # noqa: E402
from facesvc.gallery.stores.port import SampleBlock  # noqa: E402

Vectors = NDArray[np.float32]
TOP_K, THRESHOLD = 5, 0.45
PROBES = 64
FALL = np.ones(512, np.float32)  # standard deviation of each of the embedding's numbers
_PART = 2048


def main() -> None:
    """Measure one method at one size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--method", choices=[*METHODS], required=True)
    parser.add_argument("--faces", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=3.0, help="time to measure for")
    parser.add_argument("--spectrum", choices=["flat", "joined"], default="flat")
    options = parser.parse_args()
    if options.spectrum == "joined":
        FALL[:] = joined_spectrum()
    result = METHODS[options.method](options.faces, options.seconds)
    print(json.dumps({"method": options.method, "faces": options.faces, **result}))


def joined_spectrum() -> NDArray[np.float32]:
    """Return the deviations of the default pack's embeddings, as measured on 4,805 faces of
    Labeled Faces in the Wild at these numbers (the mean face left out).
    """
    measured = {0: 0.427, 10: 0.385, 20: 0.36, 50: 0.298, 100: 0.227, 150: 0.118, 200: 0.074}
    measured |= {255: 0.054, 280: 0.016, 300: 0.002, 350: 0.0}
    return np.interp(np.arange(512), [*measured], [*measured.values()]).astype(np.float32)


def parts(faces: int) -> Iterator[Vectors]:
    """Yield the gallery's unit vectors, float32 (n, 512), some at a time."""
    rng = np.random.default_rng(7)
    for start in range(0, faces, _PART):
        part = rng.standard_normal((min(_PART, faces - start), 512), dtype=np.float32) * FALL
        part /= np.linalg.norm(part, axis=1, keepdims=True)
        yield part


def hard_probes(gallery: Vectors) -> tuple[Vectors, list[int]]:
    """Return probes with a cosine of 0.46 to 0.6 to their mates, and the mates' rows."""
    rng = np.random.default_rng(8)
    mates = rng.integers(0, len(gallery), PROBES)
    found = gallery[mates].astype(np.float64)
    other = rng.standard_normal(found.shape) * FALL
    other -= np.einsum("ij,ij->i", other, found)[:, np.newaxis] * found
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    cosines = rng.uniform(0.46, 0.6, (PROBES, 1))
    probes = cosines * found + np.sqrt(1 - cosines**2) * other
    return probes.astype(np.float32), [int(mate) for mate in mates]


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
            start = time.perf_counter()
            call(len(taken))
            taken.append((time.perf_counter() - start) * 1e3)
    return times


def summary(times: Sequence[float]) -> dict[str, float]:
    """Return the minimum and the median."""
    return {"min_ms": min(times), "median_ms": statistics.median(times)}


def ratio(times: Sequence[float], limits: Sequence[float]) -> float:
    """Return the median over the turns of the ratio of two times of one turn."""
    return statistics.median(one / two for one, two in zip(times, limits, strict=True))


def measure_index(faces: int, seconds: float) -> dict[str, object]:
    """Measure the index of the service, and the limit of reading its int8 codes once."""
    names = [f"user-{number:09}" for number in range(faces)]
    ExactIndex().reset([SampleBlock("warm", ["up"], next(parts(1)))])
    gc.collect()
    before = resident_bytes()
    making = 0.0  # making the vectors is not the index's time

    def blocks() -> Iterator[SampleBlock]:
        nonlocal making
        at, begun = 0, time.perf_counter()
        for part in parts(faces):
            making += time.perf_counter() - begun
            yield SampleBlock("staff", names[at : at + len(part)], part)
            at, begun = at + len(part), time.perf_counter()

    started = time.perf_counter()
    view = ExactIndex().reset(blocks())["staff"]
    assert isinstance(view, ExactView)  # noqa: S101 - tells mypy
    load_s = time.perf_counter() - started - making
    gc.collect()
    bytes_a_face = (resident_bytes() - before) / faces
    extents = view.extents  # the limit reads the same memory
    gallery = np.concatenate([e.block.vectors[: e.rows] for e in extents]) if faces <= 2e5 else None
    probes, mates = hard_probes(gallery if gallery is not None else extents[-1].block.vectors)
    rows = [extent.block.codes[: extent.rows] for extent in extents]
    codes = [part.view(np.uint64) for part in rows]
    probe_codes = kernels.quantise(probes[:1], extents[0].block.width).codes
    search, limit, kernel = in_turns(
        [
            lambda turn: view.search(probes[turn % PROBES][np.newaxis], TOP_K, THRESHOLD),
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
        "held_bytes_a_face": held_bytes(view) / faces,
        "batch_of_8_ms": timed(lambda _: view.search(probes[:8], TOP_K, THRESHOLD), seconds)[
            "min_ms"
        ],
        "bytes_a_face": bytes_a_face,
        "load_s": load_s,
    }
    if gallery is not None:
        result["recall"] = recall(view.search(probes, 10, -1.0), gallery, probes, names)
        found = view.search(probes, TOP_K, THRESHOLD)
        result["mates_found"] = sum(
            names[mate] in {hit.user_id for hit in hits}
            for mate, hits in zip(mates, found, strict=True)
        ) / len(mates)
    return result


def held_bytes(view: ExactView) -> int:
    """Return what the index holds for its rows, byte by byte; the user ids are the users'."""
    block = view.extents[0].block
    arrays = (block.vectors, block.codes, block.scales, block.owners, block.died)
    a_row = sum(array[0].nbytes for array in arrays)
    numbers = sum(map(sys.getsizeof, view.rows.of_user.values()))
    lists = sys.getsizeof(view.rows.users) + sys.getsizeof(view.rows.of_user)
    return int(view.rows.total * a_row + numbers + lists)


def recall(found: list[list[Hit]], gallery: Vectors, probes: Vectors, names: list[str]) -> float:
    """Return the share of the true ten best of each probe that was found."""
    hits = 0
    for answer, probe in zip(found, probes, strict=True):
        best = np.argsort(-(gallery @ probe), kind="stable")[:10]
        hits += len({names[row] for row in best} & {hit.user_id for hit in answer})
    return hits / (10 * len(probes))


def measure_numpy(faces: int, seconds: float) -> dict[str, object]:
    """A float32 matrix product and argpartition, and the limit of reading the matrix once."""
    gallery = np.concatenate(list(parts(faces)))
    probes, _ = hard_probes(gallery)

    def search(turn: int) -> object:
        scores = gallery @ probes[turn % PROBES]
        best = np.argpartition(scores, -TOP_K)[-TOP_K:]
        return best[np.argsort(-scores[best])]

    return {
        **timed(search, seconds),
        "limit": timed(lambda _: gallery.view(np.uint64).max(), seconds),
    }


def measure_faiss(faces: int, seconds: float) -> dict[str, object]:
    """The faiss library's exact index with one thread."""
    import faiss

    faiss.omp_set_num_threads(1)
    gallery = np.concatenate(list(parts(faces)))
    probes, _ = hard_probes(gallery)
    index = faiss.IndexFlatIP(512)
    index.add(gallery)
    del gallery
    return dict(timed(lambda turn: index.search(probes[turn % PROBES][np.newaxis], TOP_K), seconds))


def resident_bytes() -> int:
    """Return the memory that this process holds."""
    ctypes.CDLL(None).malloc_trim(0)  # what the allocator keeps of freed memory is not the index's
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


METHODS: dict[str, Callable[[int, float], dict[str, object]]] = {
    "index": measure_index,
    "numpy": measure_numpy,
    "faiss": measure_faiss,
}

if __name__ == "__main__":
    main()
