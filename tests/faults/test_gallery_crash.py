"""Writes that were answered survive: SIGKILL at any moment, and the order of sync and answer."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.sqlite.store import SqliteStore
from harness.figures import report
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, opened, vector

WRITER = Path(__file__).with_name("gallery_writer.py")
KILLS = int(os.environ.get("FACESVC_TEST_KILLS", "8"))  # 100 for the figure in the docs
THREADS = 4

Faces = list[int]  # the seeds of a user's samples, the oldest first


def _after(before: Faces, what: str, seed: int) -> Faces:
    if what == "delete":
        return []
    return [*before, seed] if what == "add" else [seed]


class Promises:
    """What the store owes: each user's faces, and for each thread the write that was not
    answered, which may have happened or not.
    """

    def __init__(self) -> None:
        self.owed: dict[str, Faces] = {}
        self.open: dict[int, dict[str, Any]] = {}
        self.answered = 0

    def hear(self, lines: Iterable[bytes]) -> None:
        """Take the lines of a writer; the last one may be cut off."""
        for raw in lines:
            try:
                line = json.loads(raw)
            except ValueError:
                continue
            if "intent" in line:
                self.open[line["thread"]] = line
            elif "promise" in line:
                self.open.pop(line["thread"])
                before = self.owed.get(line["user"], [])
                self.owed[line["user"]] = _after(before, line["promise"], line["seed"])
                self.answered += 1
            elif "refused" in line:
                self.open.pop(line["thread"])
                assert not self.owed.get(line["user"]), "a promised user was not found"

    def settle(self, gallery: IndexedGallery) -> None:
        """Check every user, samples and record alike; learn how the open writes ended."""
        stored = _stored(gallery)
        for line in self.open.values():
            before = self.owed.get(line["user"], [])
            after = _after(before, line["intent"], line["seed"])
            assert stored.get(line["user"], []) in (before, after)
            self.owed[line["user"]] = stored.get(line["user"], [])
        self.open.clear()
        assert stored == {user: faces for user, faces in self.owed.items() if faces}


def _stored(gallery: IndexedGallery) -> dict[str, Faces]:
    found: dict[str, Faces] = {}
    if not gallery.list_collections():
        return found
    for one in gallery.export_users("staff", CALL):
        assert one.user.samples == len(one.samples), "half a record"
        found[one.user.user_id] = [SEEDS[s.embedding.tobytes()] for s in one.samples]
    return found


class _Seeds(dict[bytes, int]):
    """Which seed an embedding is of, for the seeds that were heard."""

    def learn(self, lines: Iterable[bytes]) -> None:
        for number in re.findall(rb'"seed": (\d+)', b"".join(lines)):
            self[vector(int(number)).tobytes()] = int(number)


SEEDS = _Seeds()


def killed_writer(where: Path | str, seed: int, after_s: float) -> list[bytes]:
    """Run a writer, kill it some time after its first write; return its lines."""
    process = subprocess.Popen(
        [sys.executable, str(WRITER), str(where), str(THREADS), str(seed)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    first = [process.stdout.readline(), process.stdout.readline()]
    time.sleep(after_s)
    process.kill()
    rest = process.stdout.read().splitlines(keepends=True)
    process.wait()
    return [*first, *rest]


@pytest.mark.timeout(30 + 10 * KILLS)
def test_killed_in_the_middle_of_writes_loses_no_answered_write(tmp_path: Path) -> None:
    """After each SIGKILL every answered write is there, none by half, and nothing else."""
    path = tmp_path / "gallery.db"
    promises, slowest = Promises(), 0.0
    rng = random.Random(5)
    for kill in range(KILLS):
        lines = killed_writer(path, kill, rng.uniform(0.01, 0.4))
        SEEDS.learn(lines)
        promises.hear(lines)
        started = time.monotonic()
        gallery = opened(SqliteStore(path, recognizer=DIGEST))
        slowest = max(slowest, time.monotonic() - started)
        promises.settle(gallery)
        gallery.close()
    assert promises.answered > 5 * KILLS
    assert slowest < 5
    report(
        "sqlite-kill", kills=KILLS, answered=promises.answered, lost=0, restart_s=round(slowest, 3)
    )


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_every_answer_comes_after_the_sync_of_its_write(tmp_path: Path) -> None:
    """In the order of system calls: write to the log, fdatasync of the log, answer. What
    SIGKILL cannot show is power loss: this is the evidence for that.
    """
    trace, path = tmp_path / "trace", tmp_path / "gallery.db"
    calls = "trace=openat,pwrite64,fdatasync,fsync,write,close"
    strace = ["strace", "-f", "-o", str(trace), "-e", calls, "-s", "40"]
    subprocess.run(
        [*strace, sys.executable, str(WRITER), str(path), "1", "7", "60"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    answers = synced = 0
    unsynced = True
    for event in _log_events(trace.read_text().splitlines(), f"{path}-wal"):
        if event == "promise":
            answers += 1
            synced += not unsynced
        elif event == "intent":
            unsynced = True  # until this write's own sync
        else:
            unsynced = event == "written"
    assert answers > 30
    assert synced == answers
    report("sqlite-sync-order", answers=answers, after_their_sync=synced)


def _log_events(lines: list[str], log: str) -> Iterator[str]:
    """Yield "written" and "synced" for the log, and the writer's "intent" and "promise"."""
    descriptor = "none"
    for line in _joined(lines):
        if f'"{log}"' in line and "openat" in line:
            descriptor = line.rsplit("= ", 1)[1].split()[0]
        elif re.search(rf"pwrite64\({descriptor},", line):
            yield "written"
        elif re.search(rf"(fdatasync|fsync)\({descriptor}\) += 0", line):
            yield "synced"
        elif match := re.search(r'write\(1, "\{\\"(intent|promise)\\"', line):
            yield match[1]


def _joined(lines: list[str]) -> Iterator[str]:
    """Put calls that strace shows in two parts, begun and resumed, where they ended; but an
    answer where it began.
    """
    begun: dict[str, str] = {}
    for line in lines:
        thread = line.split(maxsplit=1)[0]
        if line.endswith("<unfinished ...>"):
            begun[thread] = line.removesuffix("<unfinished ...>").rstrip()
            if "write(1," in line:
                yield begun.pop(thread)
        elif "resumed>" in line and thread in begun:
            yield begun.pop(thread) + line.split("resumed>", 1)[1]
        elif "resumed>" not in line:
            yield line
