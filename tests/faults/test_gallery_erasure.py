"""Erasure: no byte of a deleted face, name or metadata is left in any file of the gallery."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from facesvc.domain.gallery import EnrollMode, Sample
from facesvc.domain.gallery_edits import SampleDeletion, SampleMove, UserMerge, UserUpdate
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.sqlite import upkeep
from facesvc.gallery.stores.sqlite.store import SqliteStore
from harness.figures import report
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, opened, vector

USERS = 250
_PIECE = slice(1000, 1016)  # 16 bytes of an embedding: no chance of meeting them elsewhere


class Life:
    """A gallery's random life, and which faces and texts in it are gone."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.gallery = opened(SqliteStore(folder / "gallery.db", recognizer=DIGEST))
        self._rng = random.Random(seed)
        self._next = 0
        self._faces: dict[str, list[int]] = {}
        self._numbers: dict[bytes, int] = {}
        self._texts: dict[str, int] = {}
        self.gone: list[bytes] = []

    def enroll(self, user: str, mode: EnrollMode = EnrollMode.REPLACE) -> None:
        """Enrol a new face with a new name and metadata of some length."""
        number, self._next = self._next, self._next + 1
        text = f"<{number}>" + "x" * self._rng.choice([0, 10, 300, 5000, 40_000])
        enrolment = face(
            user, number, mode=mode, name=f"name{text}"[:400], metadata={"note": f"meta{text}"}
        )
        self.gallery.enroll(enrolment, CALL)
        self._forget(user, faces=mode is EnrollMode.REPLACE)
        self._faces.setdefault(user, []).append(number)
        self._numbers[vector(number).tobytes()] = number
        self._texts[user] = number

    def delete(self, user: str) -> None:
        """Delete a user."""
        self.gallery.delete("staff", user, CALL)
        self._forget(user, faces=True)

    def edit(self, user: str) -> None:
        """Change the user's texts, delete or move a sample, or merge another user into it."""
        other = self._rng.choice(sorted(self._faces))
        samples = self.gallery.enrolled("staff", user, CALL).samples
        at = self._rng.randrange(len(samples))
        what = self._rng.choice(["update", "unsample", "move", "merge"])
        if what == "unsample" and len(samples) > 1:
            self.gallery.edit(SampleDeletion("staff", user, samples[at].sample_id), CALL)
            number = self._number_of(samples[at])
            self._faces[user].remove(number)
            self.gone.append(vector(number).tobytes()[_PIECE])
        elif what == "move" and len(samples) > 1 and other != user:
            self.gallery.edit(SampleMove("staff", user, samples[at].sample_id, other), CALL)
            number = self._number_of(samples[at])
            self._faces[user].remove(number)
            self._faces[other].append(number)
        elif what == "merge" and other != user:
            self.gallery.edit(UserMerge("staff", user, other), CALL)
            self._faces[user] += self._faces.pop(other)
            self._forget(other, faces=False)
        else:
            number, self._next = self._next, self._next + 1
            text = f"<{number}>" + "x" * self._rng.choice([0, 10, 300, 5000])
            update = UserUpdate("staff", user, f"name{text}"[:400], {"note": f"meta{text}"})
            self.gallery.edit(update, CALL)
            self._forget(user, faces=False)
            self._texts[user] = number

    def twice(self) -> list[int]:
        """Return the faces that are there and lie in the file more than once."""
        data = (self.folder / "gallery.db").read_bytes()
        kept = [number for numbers in self._faces.values() for number in numbers]
        return [n for n in kept if data.count(vector(n).tobytes()[_PIECE]) != 1]

    def _number_of(self, sample: Sample) -> int:
        return self._numbers[sample.embedding.tobytes()]

    def live(self, steps: int) -> None:
        """Enrol, replace, add, edit and delete at random."""
        for _ in range(steps):
            user = f"u{self._rng.randrange(USERS)}"
            if user in self._faces and self._rng.random() < 0.4:
                self.delete(user)
            elif self._faces and self._rng.random() < 0.25:
                self.edit(self._rng.choice(sorted(self._faces)))
            else:
                self.enroll(user, self._rng.choice(list(EnrollMode)))

    def left_behind(self) -> list[bytes]:
        """Return what is gone and yet in a file."""
        files = [path.read_bytes() for path in self.folder.glob("gallery.db*")]
        return [piece for piece in self.gone if any(piece in data for data in files)]

    def _forget(self, user: str, *, faces: bool) -> None:
        if faces:
            self.gone += [vector(n).tobytes()[_PIECE] for n in self._faces.pop(user, [])]
        if user in self._texts:
            number = self._texts.pop(user)
            self.gone += [f"name<{number}>".encode(), f"meta<{number}>".encode()]


@pytest.mark.parametrize("seed", range(3))
def test_nothing_deleted_is_left_after_a_purge(tmp_path: Path, seed: int) -> None:
    """Random lives with rows of many sizes: after the receipt a scan of every file finds none
    of what is gone, and everything that was kept still opens.
    """
    life = Life(tmp_path, seed)
    life.live(400)
    assert life.left_behind(), "the scan finds nothing even before the purge"
    receipt = life.gallery.purge(CALL)
    assert receipt.places == ("gallery.db", "gallery.db-wal")
    assert life.left_behind() == []
    assert life.twice() == []
    users = life.gallery.status().users
    life.gallery.close()
    again = opened(SqliteStore(tmp_path / "gallery.db", recognizer=DIGEST))
    assert again.status().users == users > 50
    again.close()
    report("sqlite-erasure", deleted_pieces=len(life.gone), left=0)


def test_purge_happens_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to ask: the deletion itself sees to it, within a minute by default."""
    assert upkeep.PURGE_AFTER_S <= 55
    monkeypatch.setattr(upkeep, "PURGE_AFTER_S", 0.2)
    life = Life(tmp_path, 9)
    life.enroll("ada")
    life.enroll("bob")
    life.delete("ada")
    deadline = time.monotonic() + 10
    while life.left_behind():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    life.gallery.close()


def test_deleted_collection_leaves_nothing(tmp_path: Path) -> None:
    """Deleting a collection erases all its users."""
    life = Life(tmp_path, 4)
    life.live(60)
    pieces = [vector(number).tobytes()[_PIECE] for number in range(60)]
    life.gallery.delete_collection("staff", CALL)
    life.gallery.purge(CALL)
    life.gone = [*life.gone, *pieces, b"meta<", b"name<"]
    assert life.left_behind() == []
    life.gallery.close()


def test_file_does_not_grow_while_users_come_and_go(tmp_path: Path) -> None:
    """Wiped rows are used again."""
    life = Life(tmp_path, 5)
    sizes = []
    for _ in range(4):
        for number in range(100):
            life.enroll(f"u{number}")
        for number in range(100):
            life.delete(f"u{number}")
        life.gallery.purge(CALL)
        sizes.append((tmp_path / "gallery.db").stat().st_size)
    life.gallery.close()
    assert sizes[-1] <= sizes[0] * 1.5


def test_backup_of_a_running_gallery_is_a_gallery_without_the_erased(tmp_path: Path) -> None:
    """It holds what was enrolled, opens by itself, and has no deleted bytes."""
    life = Life(tmp_path, 6)
    life.live(80)
    target = tmp_path / "backup" / "copy.db"
    target.parent.mkdir()
    store_of(life.gallery).backup(target)
    assert [piece for piece in life.gone if piece in target.read_bytes()] == []
    users = life.gallery.status().users
    life.live(5)
    copy = opened(SqliteStore(target, recognizer=DIGEST))
    assert copy.status().users == users
    copy.close()
    life.gallery.close()


def store_of(gallery: IndexedGallery) -> SqliteStore:
    """Return the store under a gallery."""
    store = gallery._store
    assert isinstance(store, SqliteStore)
    return store
