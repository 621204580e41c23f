"""The embeddings of a labelled set as arrays, which every measurement works on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facesvc.evaluation.labelled_photos import LabelledPhoto, LabelledSet
from facesvc.evaluation.observations import Observation

_BLOCK = 512  # rows of the similarity matrix at once: 30 MB with 13,000 photos


@dataclass(frozen=True)
class Templates:
    """n photos with a face: ``embeddings`` float32 (n, 512), ``people`` int (n,) from 0,
    ``score`` and ``recognizability`` float64 (n,); ``rows`` are the photos' places in the set.
    """

    embeddings: NDArray[np.float32]
    people: NDArray[np.int64]
    score: NDArray[np.float64]
    recognizability: NDArray[np.float64]
    photos: Sequence[LabelledPhoto]
    rows: NDArray[np.int64]
    names: Sequence[str]

    def __len__(self) -> int:
        return len(self.photos)

    def select(self, keep: NDArray[np.bool_]) -> Templates:
        """Return those that are kept; people keep their numbers."""
        return Templates(
            self.embeddings[keep],
            self.people[keep],
            self.score[keep],
            self.recognizability[keep],
            [photo for photo, kept in zip(self.photos, keep, strict=True) if kept],
            self.rows[keep],
            self.names,
        )

    def similarity_blocks(self) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield (first row, float32 (rows, n)) cosines, block by block."""
        for start in range(0, len(self), _BLOCK):
            yield start, self.embeddings[start : start + _BLOCK] @ self.embeddings.T


def templates_of(labels: LabelledSet, observed: Mapping[str, Observation]) -> Templates:
    """Return the photos of named people in which a face was found."""
    rows, embeddings, scores, recognizable = [], [], [], []
    for row, photo in enumerate(labels.photos):
        answer = observed.get(str(photo.path))
        if photo.person and answer is not None and answer.embedding is not None:
            rows.append(row)
            embeddings.append(answer.embedding)
            scores.append(answer.score)
            recognizable.append(answer.recognizability)
    photos = [labels.photos[row] for row in rows]
    names = sorted({photo.person for photo in photos})
    number = {name: index for index, name in enumerate(names)}
    return Templates(
        np.array(embeddings, np.float32).reshape(len(rows), -1),
        np.array([number[photo.person] for photo in photos], np.int64),
        np.array(scores, np.float64),
        np.array(recognizable, np.float64),
        photos,
        np.array(rows, np.int64),
        names,
    )
