"""A process that writes to a gallery file until it is stopped, and says what it was promised.

Usage: python gallery_writer.py FILE_OR_REDIS_URL THREADS SEED [COUNT]. Each line on standard output
is JSON: an intent before a write, a promise after its answer. Threads own disjoint users. With
FACESVC_TEST_EVENTS in the environment the gallery keeps events.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from facesvc.domain.errors import StoreUnavailableError, UserNotFoundError
from facesvc.domain.events import Retention
from facesvc.domain.gallery import EnrollMode
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.port import GalleryStore
from facesvc.gallery.stores.redis.store import RedisStore
from facesvc.gallery.stores.sqlite.store import SqliteStore
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, opened

USERS_PER_THREAD = 5
EVENTS_VARIABLE = "FACESVC_TEST_EVENTS"
EVENTS = Retention(seconds=86_400, count=10_000_000)
KEPT = EVENTS if os.environ.get(EVENTS_VARIABLE) else None


def say(**line: object) -> None:
    """Write one line at once, past Python's buffers: what is said survives SIGKILL."""
    os.write(1, json.dumps(line).encode() + b"\n")


def write_on(gallery: IndexedGallery, thread: int, seed: int, count: int) -> None:
    """Enrol, add and delete at random."""
    rng = random.Random(f"{seed}/{thread}")
    for number in range(count):
        user = f"t{thread}-u{rng.randrange(USERS_PER_THREAD)}"
        face_seed = rng.randrange(2**31)
        what = rng.choices(["replace", "add", "delete"], [6, 2, 2])[0]
        say(intent=what, user=user, seed=face_seed, thread=thread, number=number)
        try:
            if what == "delete":
                receipt = gallery.delete("staff", user, CALL)
            else:
                receipt = gallery.enroll(face(user, face_seed, mode=EnrollMode(what)), CALL)
        except UserNotFoundError:
            say(refused=True, user=user, thread=thread)
        except StoreUnavailableError as error:
            say(unavailable=str(error), user=user, thread=thread)
            return
        else:
            say(
                promise=what,
                user=user,
                seed=face_seed,
                thread=thread,
                version=receipt.version,
            )


def store_at(where: str) -> GalleryStore:
    """Return the store of a file or a Redis URL."""
    if where.startswith("redis"):
        return RedisStore(where, recognizer=DIGEST, events=KEPT)
    return SqliteStore(where, recognizer=DIGEST, events=KEPT)


def main() -> None:
    """Write from several threads."""
    where, threads, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 10**9
    gallery = opened(store_at(where))
    say(opened=True)
    workers = [
        threading.Thread(target=write_on, args=(gallery, number, seed, count))
        for number in range(threads)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    gallery.close()


if __name__ == "__main__":
    main()
