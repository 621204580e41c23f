"""Embeddings in Postgres with pgvector, right over a change of the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
from facesvc_client import Client, FacesvcError, NoFaceError
from pgvector.psycopg import register_vector
from psycopg import sql

Vector = npt.NDArray[np.float32]
SCHEMA = Path(__file__).with_name("schema.sql")
NEAREST_FACES = 100  # that are looked at for the best face of each person


class UnfitFaceError(Exception):
    """A face carries too little identity to be compared; the message says how much."""


class IncompleteError(Exception):
    """Embeddings of the current model are missing; the message counts them."""


@dataclass(frozen=True)
class Model:
    """What the service compares by now."""

    recognizer: str
    threshold: float
    least_recognizability: float


@dataclass(frozen=True)
class Match:
    """A person whose best photo reaches the threshold."""

    person: str
    similarity: float


class People:
    """Who is enrolled, in a database of yours."""

    def __init__(self, connection: psycopg.Connection[Any], client: Client) -> None:
        """Make the tables if they are not there. The connection has to be autocommit."""
        self._db, self._client = connection, client
        self._db.execute(SCHEMA.read_text(encoding="utf-8"))
        register_vector(self._db)

    def model(self) -> Model:
        """Ask the service which model it runs now."""
        health = self._client.health()
        return Model(
            health.model.recognizer, health.match_threshold, health.recognizability_threshold
        )

    def enrol(self, person: str, photo: Path) -> None:
        """Keep a person's photo and its face. Raises FacesvcError and UnfitFaceError."""
        recognizer, embedding = self._embed(photo, self.model())
        self._make_room_for(recognizer)
        with self._db.transaction():
            stored = self._db.execute(
                "INSERT INTO photo (person, location) VALUES (%s, %s)"
                " ON CONFLICT (location) DO UPDATE SET person = excluded.person RETURNING photo_id",
                (person, str(photo)),
            )
            for (number,) in stored:
                self._keep(number, recognizer, embedding)

    def remove(self, person: str) -> int:
        """Forget a person's photos and every embedding of them; return how many photos."""
        return self._db.execute("DELETE FROM photo WHERE person = %s", (person,)).rowcount

    def search(self, photo: Path, limit: int = 5) -> list[Match]:
        """Return who looks like the face in a photo, most similar first.

        Compares with embeddings of the same recognizer only. Raises IncompleteError where some
        are missing, since who is missing would be taken for a stranger.
        """
        model = self.model()
        recognizer, probe = self._embed(photo, model)
        if recognizer != model.recognizer:
            raise IncompleteError("The service's model has just changed: ask again.")
        if missing := len(self.missing(recognizer)):
            raise IncompleteError(
                f"{missing} photos were not yet seen by {recognizer[:12]}: embed-anew."
            )
        rows = self._db.execute(
            "SELECT person, max(similarity) AS best FROM ("
            " SELECT photo_id, 1 - (embedding <=> %(probe)s) AS similarity FROM face"
            " WHERE recognizer = %(recognizer)s ORDER BY embedding <=> %(probe)s LIMIT %(faces)s"
            ") AS nearest JOIN photo USING (photo_id) WHERE similarity >= %(threshold)s"
            " GROUP BY person ORDER BY best DESC LIMIT %(limit)s",
            {"probe": probe, "recognizer": recognizer, "faces": NEAREST_FACES}
            | {"threshold": model.threshold, "limit": limit},
        ).fetchall()
        return [Match(person, float(similarity)) for person, similarity in rows]

    def missing(self, recognizer: str) -> list[tuple[int, str]]:
        """Return the photos that a recognizer has not seen yet: number and location."""
        return self._db.execute(
            "SELECT photo_id, location FROM photo WHERE NOT EXISTS (SELECT FROM face"
            " WHERE face.photo_id = photo.photo_id AND recognizer = %s) ORDER BY photo_id",
            (recognizer,),
        ).fetchall()

    def embed_anew(self) -> Iterator[tuple[str, str]]:
        """Embed what the current model has not yet; yield each location with what went wrong, "" if
        nothing did. It can be ended and run again: what is done stays done. A face that the model
        cannot use counts as done; a photo that could not be read does not.
        """
        model = self.model()
        self._make_room_for(model.recognizer)
        for number, location in self.missing(model.recognizer):
            try:
                recognizer, embedding = self._embed(Path(location), model)
            except (NoFaceError, UnfitFaceError) as error:
                self._keep(number, model.recognizer, None, str(error))
                yield location, str(error)
                continue
            except (FacesvcError, OSError) as error:
                yield location, str(error)
                continue
            if recognizer != model.recognizer:
                raise IncompleteError("The service's model changed meanwhile: run it again.")
            self._keep(number, recognizer, embedding)
            yield location, ""

    def counts(self) -> dict[str, int]:
        """Return how many embeddings there are of each recognizer."""
        return dict(
            self._db.execute(
                "SELECT recognizer, count(embedding) FROM face GROUP BY recognizer"
            ).fetchall()
        )

    def forget_others(self) -> list[str]:
        """Remove the embeddings of every other recognizer and return which went.

        Raises IncompleteError while the current one's are not complete: until then the way back
        to the old model is open.
        """
        current = self.model().recognizer
        if missing := len(self.missing(current)):
            raise IncompleteError(
                f"{missing} photos were not yet seen by {current[:12]}: embed-anew."
            )
        others = [recognizer for recognizer in self.counts() if recognizer != current]
        for recognizer in others:
            self._db.execute(sql.SQL("DROP TABLE {}").format(_partition(recognizer)))
        return others

    def _embed(self, photo: Path, model: Model) -> tuple[str, Vector]:
        answer = self._client.embed(photo)
        if answer.quality.recognizability < model.least_recognizability:
            measured = answer.quality.recognizability
            raise UnfitFaceError(
                f"recognizability {measured:.2f} is below {model.least_recognizability:.2f}"
            )
        return answer.model, np.array(answer.embedding, np.float32)

    def _make_room_for(self, recognizer: str) -> None:
        self._db.execute(
            sql.SQL("CREATE TABLE IF NOT EXISTS {} PARTITION OF face FOR VALUES IN ({})").format(
                _partition(recognizer), sql.Literal(recognizer)
            )
        )

    def _keep(
        self, number: int, recognizer: str, embedding: Vector | None, refused: str | None = None
    ) -> None:
        self._db.execute(
            "INSERT INTO face (photo_id, recognizer, embedding, refused) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (recognizer, photo_id)"
            " DO UPDATE SET embedding = excluded.embedding, refused = excluded.refused",
            (number, recognizer, embedding, refused),
        )


def _partition(recognizer: str) -> sql.Identifier:
    return sql.Identifier(f"face_{recognizer[:16]}")
