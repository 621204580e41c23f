"""A process that sees people one after the other until it is stopped, and says whom.

Usage: python sighting_writer.py FILE_OR_REDIS_URL.
"""

from __future__ import annotations

import os
import sys
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from facesvc.application.sightings import Sightings
from facesvc.domain.gallery import Match
from tests.faults.gallery_writer import store_at
from tests.unit.gallery.gallery_fixtures import opened

PEOPLE = 3000


def main() -> None:
    """Tell each sighting once a caller would be answered."""
    gallery = opened(store_at(sys.argv[1]))
    sightings = Sightings(gallery)
    for number in count():
        person = f"p{number % PEOPLE:04}"
        sightings.note("staff", [Match(person, 0.9, "")], lambda: 0.45)
        os.write(1, f"{person}\n".encode())


if __name__ == "__main__":
    main()
