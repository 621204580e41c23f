"""A process that edits users of a gallery until it is stopped, and says what it was promised.

Usage: python edit_writer.py FILE_OR_REDIS_URL THREADS SEED KEY. KEY is base64, or "" for a plain
gallery; several URLs with commas are servers that search. Lines on standard output are JSON, as
gallery_writer.py writes them. Threads own disjoint users.
"""

from __future__ import annotations

import base64
import random
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from facesvc.domain.errors import StoreUnavailableError
from facesvc.domain.gallery import EnrollMode, WriteReceipt
from facesvc.domain.gallery_edits import SampleDeletion, SampleMove, UserMerge, UserUpdate
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.sharded.sharded_gallery import ShardedGallery
from facesvc.gallery.stores.port import GalleryStore
from facesvc.gallery.stores.redis.store import RedisStore
from facesvc.gallery.stores.sealing import KeyRing
from facesvc.gallery.stores.sqlite.store import SqliteStore
from tests.faults.gallery_writer import say
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, opened

USERS_PER_THREAD = 4
COLLECTION = "staff"


class Editor:
    """One thread's users and what is known of their samples."""

    def __init__(self, gallery: IndexedGallery | ShardedGallery, thread: int, seed: int) -> None:
        self._gallery = gallery
        self._thread = thread
        self._rng = random.Random(f"{seed}/{thread}")
        self._number = 0
        users = [f"t{thread}-u{number}" for number in range(USERS_PER_THREAD)]
        self._users = users
        self._held: dict[str, list[str]] = {user: [] for user in users}
        if gallery.list_collections():
            for one in gallery.export_users(COLLECTION, CALL):
                if one.user.user_id in self._held:
                    samples = [sample.sample_id for sample in one.samples]
                    self._held[one.user.user_id] = samples

    def edit_on(self) -> None:
        """Edit until the store is away."""
        while True:
            try:
                self._edit()
            except StoreUnavailableError as error:
                say(unavailable=str(error), thread=self._thread)
                return

    def _edit(self) -> None:
        rng, held = self._rng, self._held
        user, other = rng.sample(self._users, 2)
        rich = [one for one in self._users if len(held[one]) > 1]
        what = rng.choice(["add", "move", "merge", "unsample", "update"])
        if what == "merge" and held[user] and held[other]:
            self._say(what, user=user, other=other)
            receipt = self._gallery.edit(UserMerge(COLLECTION, user, other), CALL)
            held[user] += held[other]
            held[other] = []
        elif what == "move" and rich:
            user = rng.choice(rich)
            other = rng.choice([one for one in self._users if one != user])
            sample = rng.choice(held[user])
            self._say(what, user=user, other=other, sample=sample)
            move = SampleMove(COLLECTION, user, sample, other, create_target=True)
            receipt = self._gallery.edit(move, CALL)
            held[user].remove(sample)
            held[other].append(sample)
        elif what == "unsample" and rich:
            user = rng.choice(rich)
            sample = rng.choice(held[user])
            self._say(what, user=user, sample=sample)
            receipt = self._gallery.edit(SampleDeletion(COLLECTION, user, sample), CALL)
            held[user].remove(sample)
        elif what == "update" and held[user]:
            name = f"name-{rng.randrange(2**31)}" + "x" * rng.choice([0, 50, 230])
            self._say(what, user=user, name=name)
            receipt = self._gallery.edit(UserUpdate(COLLECTION, user, name=name), CALL)
        elif len(held[user]) < 10:
            seed = rng.randrange(2**31)
            self._say("add", user=user, seed=seed)
            receipt = self._gallery.enroll(face(user, seed, mode=EnrollMode.ADD), CALL)
            held[user].append(receipt.sample_id)
        else:
            return
        self._promise(receipt)

    def _say(self, what: str, **fields: object) -> None:
        self._number += 1
        say(intent=what, thread=self._thread, number=self._number, **fields)

    def _promise(self, receipt: WriteReceipt) -> None:
        say(promise=receipt.version, sample=receipt.sample_id, thread=self._thread)


def store_at(where: str, key: str) -> GalleryStore:
    """Return the store of a file or a Redis URL; ``key`` seals it."""
    ring = KeyRing([base64.b64decode(key)]) if key else None
    if where.startswith("redis"):
        return RedisStore(where, recognizer=DIGEST, ring=ring)
    return SqliteStore(where, recognizer=DIGEST, ring=ring)


def gallery_at(where: str, key: str) -> IndexedGallery | ShardedGallery:
    """Return the gallery of a file, a Redis URL or several URLs, open."""
    if "," not in where:
        return opened(store_at(where, key))
    gallery = ShardedGallery(where.split(","), DIGEST)
    gallery.open()
    return gallery


def main() -> None:
    """Edit from several threads."""
    where, threads, seed, key = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    gallery = gallery_at(where, key)
    say(opened=True)
    editors = [Editor(gallery, number, seed) for number in range(threads)]
    workers = [threading.Thread(target=editor.edit_on) for editor in editors]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    gallery.close()


if __name__ == "__main__":
    main()
