"""People in a Postgres database of yours, recognized by facesvc: python examples/pgvector COMMAND.

    enrol FOLDER    a folder of photos for each person, or a photo named like one
    search PHOTO    who is it? exit status 4 when nobody is found
    remove PERSON   forget a person's photos and embeddings
    status          how many embeddings there are of each recognizer
    embed-anew      make the current model's embeddings of every photo
    forget-others   remove the embeddings of other models

The database is DATABASE_URL (postgresql://...), the service FACESVC_SERVER, else 127.0.0.1:50051.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psycopg
from facesvc_client import Client, FacesvcError
from people import IncompleteError, People, UnfitFaceError

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
OK, FAILED, USAGE, PARTLY, NOBODY = 0, 1, 2, 3, 4


def main(arguments: list[str]) -> int:
    """Run a command and return its exit status."""
    with (
        Client(os.environ.get("FACESVC_SERVER", "127.0.0.1:50051")) as client,
        psycopg.connect(os.environ.get("DATABASE_URL", ""), autocommit=True) as connection,
    ):
        people = People(connection, client)
        try:
            match arguments:
                case ["enrol", folder]:
                    return enrol(people, Path(folder).resolve())
                case ["search", photo]:
                    return search(people, Path(photo))
                case ["remove", person]:
                    print(people.remove(person), "photos removed")
                    return OK
                case ["status"]:
                    return status(people)
                case ["embed-anew"]:
                    return embed_anew(people)
                case ["forget-others"]:
                    print("removed:", ", ".join(people.forget_others()) or "nothing")
                    return OK
        except (FacesvcError, IncompleteError, UnfitFaceError, OSError) as error:
            print(error, file=sys.stderr)
            return FAILED
    print(__doc__, file=sys.stderr)
    return USAGE


def enrol(people: People, folder: Path) -> int:
    """Enrol each photo of a folder."""
    refused = 0
    photos = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES]
    for photo in photos:
        person = photo.parent.name if photo.parent != folder else photo.stem
        try:
            people.enrol(person, photo)
        except (FacesvcError, UnfitFaceError) as error:
            refused += 1
            print(f"{photo}: {error}", file=sys.stderr)
    print(f"{len(photos) - refused} of {len(photos)} photos enrolled")
    return PARTLY if refused or not photos else OK


def search(people: People, photo: Path) -> int:
    """Tell who is in a photo."""
    matches = people.search(photo)
    for match in matches:
        print(f"{match.similarity:.3f} {match.person}")
    return OK if matches else NOBODY


def status(people: People) -> int:
    """Tell which embeddings there are."""
    current = people.model().recognizer
    for recognizer, count in people.counts().items():
        print(f"{recognizer} {count}{' (the service runs this one)' * (recognizer == current)}")
    print(f"{len(people.missing(current))} photos were not yet seen by {current}")
    return OK


def embed_anew(people: People) -> int:
    """Make the current model's embeddings."""
    done = refused = 0
    for location, problem in people.embed_anew():
        done, refused = done + (not problem), refused + bool(problem)
        if problem:
            print(f"{location}: {problem}", file=sys.stderr)
    print(f"{done} photos embedded anew")
    return PARTLY if refused else OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
