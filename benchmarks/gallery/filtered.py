"""What a filter by metadata costs a search: ``python -m benchmarks.gallery.filtered``.

Prints milliseconds of the thread, so that a busy machine changes them little.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import UTC, datetime

import numpy as np

from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.domain.gallery import SearchQuery, User
from facesvc.domain.metadata_filter import MetadataFilter
from facesvc.gallery.directory import Directory
from facesvc.gallery.index.exact import ExactIndex
from facesvc.gallery.served_collection import ServedCollection
from facesvc.gallery.stores import records
from facesvc.gallery.stores.port import SampleBlock

USERS = 100_000
ROUNDS = 21
FILTERS = {
    "nobody filtered out": {},
    "half of them": {"remote": True},
    "a tenth": {"department": "D5"},
    "a fiftieth": {"floor": 5.0},
    "two conditions, a fiftieth": {"department": "D5", "floor": 5.0},
    "one user": {"badge": 5.0},
    "nobody": {"department": "none"},
}
THRESHOLDS = (0.45, 0.3, -1.0)


def main() -> None:
    """Search for a user among USERS with each filter, at each threshold."""
    served, probe = _served()
    sys.stdout.write(f"{USERS} users, the five best, median ms of the thread\n\n")
    sys.stdout.write(f"| chosen |{''.join(f' threshold {limit} |' for limit in THRESHOLDS)}\n")
    sys.stdout.write(f"|---|{'---|' * len(THRESHOLDS)}\n")
    for name, conditions in FILTERS.items():
        where = MetadataFilter(conditions)  # type: ignore[arg-type] # a literal of such values
        times = [_median_ms(served, SearchQuery("c", probe, 5, t, where=where)) for t in THRESHOLDS]
        sys.stdout.write(f"| {name} |{''.join(f' {ms:.1f} |' for ms in times)}\n")


def _median_ms(served: ServedCollection, query: SearchQuery) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        served.search(query)
        times.append((time.thread_time() - began) * 1e3)
    return statistics.median(times)


def _served() -> tuple[ServedCollection, np.ndarray]:
    vectors = np.random.default_rng(1).standard_normal((USERS, EMBEDDING_SIZE)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = [f"employee-{number:07}" for number in range(USERS)]
    views = ExactIndex().reset([SampleBlock("c", ids, vectors)])
    now = datetime.now(UTC)
    people = {
        user_id: records.encode_user(
            User(
                user_id,
                f"Person {number}",
                {
                    "department": f"D{number % 10}",
                    "floor": number % 50,
                    "badge": number,
                    "remote": number % 2 == 0,
                    "notes": "x" * 60,
                },
                *(1, now, now, number + 1),
            )
        )
        for number, user_id in enumerate(ids)
    }
    return ServedCollection(views["c"], USERS, Directory(people)), vectors[5:6]


if __name__ == "__main__":
    main()
