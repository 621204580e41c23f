"""Attendance: enrol a folder of staff photos, then decide on a folder of selfies.

    python attendance.py enrol staff/       staff/anna.jpg, or staff/anna/1.jpg, staff/anna/2.jpg
    python attendance.py identify selfies/  a JSON line for each selfie

The service is at FACESVC_SERVER, else 127.0.0.1:50051.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from facesvc_client import Client, Enrolment, FacesvcError
from facesvc_client.v1.gallery_service_pb2 import CheckInResponse, Rejection

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def main() -> int:
    """Run one command; the exit status is 3 when some photo could not be handled."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("command", choices=["enrol", "identify"])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--collection", default="")
    parser.add_argument("--skip-liveness", action="store_true")
    options = parser.parse_args()
    with Client(os.environ.get("FACESVC_SERVER", "127.0.0.1:50051")) as client:
        if options.command == "enrol":
            return enrol(client, options.photos, options.collection)
        return identify(client, options.photos, options.collection, options.skip_liveness)


def enrol(client: Client, folder: Path, collection: str) -> int:
    """Store every photo. A person's first one replaces what was known, the others are added."""
    photos = list(staff_photos(folder))
    refused: dict[int, str] = {}
    # A person's photos one after the other: the second is added to the first only once that is in.
    for turn in range(max((turn for turn, _, _ in photos), default=-1) + 1):
        items: dict[int, Enrolment] = {
            number: {
                "user_id": person,
                "name": person.replace("_", " "),
                "photo": path,
                "collection": collection,
                "add": turn > 0,
            }
            for number, (when, person, path) in enumerate(photos)
            if when == turn
        }
        numbers = list(items)
        for number, answer in client.enroll_many(items.values()):
            if isinstance(answer, FacesvcError):
                refused[numbers[number]] = str(answer)
            elif not answer.success:
                refused[numbers[number]] = ", ".join(reasons_of(answer.rejections))
    for number, why in sorted(refused.items()):
        print(f"{photos[number][2]}: {why}", file=sys.stderr)
    people = {person for number, (_, person, _) in enumerate(photos) if number not in refused}
    print(f"{len(photos) - len(refused)} of {len(photos)} photos enrolled, {len(people)} people")
    return 3 if refused or not photos else 0


def identify(client: Client, folder: Path, collection: str, skip_liveness: bool) -> int:
    """Write a decision for each selfie."""
    failed = False
    for path in photos_below(folder):
        start = time.perf_counter()
        try:
            answer = client.check_in(path, collection=collection, skip_liveness=skip_liveness)
        except FacesvcError as error:
            failed = True
            event = {"decision": "ERROR", "reasons": [error.reason], "message": error.message}
        else:
            event = {"decision": CheckInResponse.Decision.Name(answer.decision)}
            if answer.HasField("match"):
                event |= {"user_id": answer.match.user_id, "name": answer.match.name}
                event |= {"similarity": round(answer.match.similarity, 3)}
            event |= {"reasons": reasons_of(answer.reasons)}
        took_ms = round((time.perf_counter() - start) * 1000)
        print(json.dumps({"event": path.name, **event, "took_ms": took_ms}), flush=True)
    return 3 if failed else 0


def staff_photos(folder: Path) -> Iterator[tuple[int, str, Path]]:
    """Yield each photo with its number among the person's, and whom it shows."""
    seen: dict[str, int] = {}
    for path in photos_below(folder):
        inside = path.relative_to(folder).parts
        person = inside[0] if len(inside) > 1 else path.stem
        yield seen.get(person, 0), person, path
        seen[person] = seen.get(person, 0) + 1


def photos_below(folder: Path) -> list[Path]:
    """Return the photos of a folder, at any depth, in order."""
    return [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES]


def reasons_of(rejections: object) -> list[str]:
    """Return the reasons' names."""
    return [Rejection.Reason.Name(each.reason) for each in rejections]  # type: ignore[attr-defined] # messages


if __name__ == "__main__":
    sys.exit(main())
