"""Photos whose label is probably wrong: they fit another person better than their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facesvc.evaluation.templates import Templates


@dataclass(frozen=True)
class Suspect:
    """A photo, how similar it is to its own person's other photos at best (-1 where there is no
    other), and the person and photo that it fits better.
    """

    photo: str
    person: str
    own: float
    other_person: str
    other_photo: str
    similarity: float


def suspects(templates: Templates, threshold: float) -> list[Suspect]:
    """Return photos that match another person above the threshold and not their own, most
    similar first.
    """
    found = []
    for start, block in templates.similarity_blocks():
        rows = np.arange(start, start + len(block))
        block[np.arange(len(block)), rows] = -2.0
        same = templates.people[rows][:, None] == templates.people[None, :]
        own = np.where(same, block, -2.0).max(axis=1)
        others = np.where(same, -2.0, block)
        best = others.argmax(axis=1)
        for index in np.nonzero((others.max(axis=1) >= threshold) & (own < threshold))[0]:
            photo, other = templates.photos[rows[index]], templates.photos[best[index]]
            similarity = float(others[index, best[index]])
            found.append(
                Suspect(
                    str(photo.path),
                    photo.person,
                    max(-1.0, float(own[index])),
                    other.person,
                    str(other.path),
                    similarity,
                )
            )
    return sorted(found, key=lambda suspect: -suspect.similarity)
