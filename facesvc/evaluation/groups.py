"""Differences between groups of people, at one threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facesvc.evaluation.intervals import Estimate, by_person
from facesvc.evaluation.templates import Templates
from facesvc.evaluation.verification import compare_all, true_accept_rate

MIN_PEOPLE = 10  # below, an interval over people tells nothing


@dataclass(frozen=True)
class GroupRates:
    """False match and non-match rates among the photos of one group only."""

    column: str
    group: str
    people: int
    fmr: Estimate
    fnmr: Estimate


def rates_by_group(templates: Templates, threshold: float) -> list[GroupRates]:
    """Return the rates of each value of each column with at least MIN_PEOPLE people."""
    columns = sorted({name for photo in templates.photos for name in photo.groups})
    rates = []
    for column in columns:
        for group in sorted({photo.groups.get(column, "") for photo in templates.photos} - {""}):
            keep = np.array([photo.groups.get(column) == group for photo in templates.photos])
            members = templates.select(keep)
            if len(np.unique(members.people)) >= MIN_PEOPLE:
                rates.append(_rates(column, group, members, threshold))
    return rates


def _rates(column: str, group: str, members: Templates, threshold: float) -> GroupRates:
    tar = true_accept_rate(compare_all(members).genuine, threshold)
    fnmr = Estimate(1.0 - tar.value, 1.0 - tar.high, 1.0 - tar.low, tar.trials)
    people = len(np.unique(members.people))
    return GroupRates(column, group, people, false_match_rate(members, threshold), fnmr)


def false_match_rate(members: Templates, threshold: float) -> Estimate:
    """Return the share of impostor pairs that match, by bootstrap over people."""
    _, own = np.unique(members.people, return_inverse=True)
    photos = np.bincount(own).astype(float)
    firsts, seconds = [], []
    for start, block in members.similarity_blocks():
        rows, columns = np.nonzero(block >= threshold)
        rows = rows + start
        keep = (columns > rows) & (own[columns] != own[rows])
        firsts.append(own[rows[keep]])
        seconds.append(own[columns[keep]])
    first, second = np.concatenate(firsts), np.concatenate(seconds)

    def rate(weights: np.ndarray) -> float:
        weighted = weights * photos
        pairs = (weighted.sum() ** 2 - (weighted**2).sum()) / 2.0
        return float((weights[first] * weights[second]).sum() / pairs) if pairs else float("nan")

    pairs = int((photos.sum() ** 2 - (photos**2).sum()) / 2)
    return by_person(len(photos), pairs, rate)
