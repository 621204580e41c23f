"""A process whose disk fills up: enrols until it is refused, then reads, then gets room again.

Usage: python disk_full_child.py FOLDER tmpfs|limit. Prints one JSON line of what it saw.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from facesvc.domain.errors import StoreUnavailableError
from facesvc.gallery.indexed_gallery import IndexedGallery
from facesvc.gallery.stores.sqlite.store import SqliteStore
from tests.unit.gallery.gallery_fixtures import CALL, DIGEST, face, opened, query, vector

LIMIT_BYTES = 3 * 1024 * 1024
READS = 200


def fill(gallery: IndexedGallery) -> int:
    """Enrol until the disk refuses; return how many were answered."""
    for count in range(100_000):
        try:
            gallery.enroll(face(f"u{count}", count), CALL)
        except StoreUnavailableError:
            return count
    raise AssertionError("the disk did not fill")


def main() -> None:
    """Fill, read, make room, write, and open again."""
    folder, kind = Path(sys.argv[1]), sys.argv[2]
    path, ballast = folder / "gallery.db", folder / "ballast"
    gallery = opened(SqliteStore(path, recognizer=DIGEST))
    if kind == "tmpfs":
        ballast.write_bytes(bytes(1024 * 1024))
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, resource.RLIM_INFINITY))
    enrolled = fill(gallery)
    full_state = gallery.status().state
    refusals = 0
    for number in range(5):
        try:
            gallery.enroll(face("more", number), CALL)
        except StoreUnavailableError:
            refusals += 1
    found = sum(
        gallery.search(query("staff", vector(number % enrolled), 1, 0.9), CALL).first[0].user_id
        == f"u{number % enrolled}"
        for number in range(READS)
    )
    if kind == "tmpfs":
        ballast.unlink()
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    gallery.enroll(face("after", 999), CALL)
    state = gallery.status().state
    gallery.close()
    gallery = opened(SqliteStore(path, recognizer=DIGEST))
    users = {user.user.user_id for user in gallery.export_users("staff", CALL)}
    seen = {
        "enrolled": enrolled,
        "full_state": full_state,
        "refusals": refusals,
        "reads": READS,
        "reads_answered": found,
        "state_after": state,
        "kept": users - {"more"} == {"after", *(f"u{n}" for n in range(enrolled))},
    }
    gallery.close()
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main()
