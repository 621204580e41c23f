"""A process that sweeps a gallery far in the future until it is stopped, and says whom it deleted.

Usage: python retention_sweeper.py FILE_OR_REDIS_URL.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from facesvc.application.retention import RetentionSweep
from facesvc.application.sightings import Sightings
from facesvc.gallery.indexed_gallery import IndexedGallery
from tests.faults.gallery_writer import store_at
from tests.unit.gallery.gallery_fixtures import CALL, opened

DAYS = 30
FUTURE = timedelta(days=100)


def sweep_of(gallery: IndexedGallery) -> RetentionSweep:
    """Return a sweep a hundred days from now, whose deletions are told on standard output."""

    def clock() -> datetime:
        return datetime.now(UTC) + FUTURE

    def told(_: str, user_id: str, __: object) -> None:
        os.write(1, f"{user_id}\n".encode())

    return RetentionSweep(gallery, Sightings(gallery, clock), told, clock)


def main() -> None:
    """Sweep once."""
    gallery = opened(store_at(sys.argv[1]))
    sweep_of(gallery)(CALL)
    gallery.close()


if __name__ == "__main__":
    main()
