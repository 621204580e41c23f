"""Checking a collection: who looks like whom, which samples and names are probably wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from facesvc.application.call import Call
from facesvc.application.collection_rules import CollectionRules
from facesvc.application.gallery_comparison import GalleryComparison
from facesvc.application.ports.gallery_admin import GalleryAdmin
from facesvc.domain.gallery import DEFAULT_COLLECTION, EnrolledUser
from facesvc.domain.gallery_findings import (
    CROWD_USERS,
    POOR_QUALITY,
    SAME_PHOTO_SIMILARITY,
    Finding,
    FindingKind,
    comparable_text,
)


@dataclass(frozen=True)
class CheckRequest:
    """What is checked; a threshold of None means the collection's. At most ``most`` findings
    of each kind are told.
    """

    collection: str = DEFAULT_COLLECTION
    threshold: float | None = None
    most: int = 1000


@dataclass(frozen=True)
class CheckProgress:
    """How far the check is: users and samples read, the share of comparisons done, 0-1."""

    users: int
    samples: int
    compared: float


@dataclass(frozen=True)
class CheckedGallery:
    """The end of a check: how many findings of each kind there are, told or not."""

    users: int
    samples: int
    threshold: float
    counts: dict[FindingKind, int]


CheckEvent = CheckProgress | Finding | CheckedGallery


@dataclass(frozen=True)
class CheckGallery:
    """Answers CheckGallery. It only reads, and compares one block of samples after the other."""

    gallery: GalleryAdmin
    rules: CollectionRules

    def __call__(self, request: CheckRequest, call: Call) -> Iterator[CheckEvent]:
        """Yield progress, then findings, then the counts.

        Raises CollectionNotFoundError, StoreUnavailableError, CallEndedError between two blocks.
        """
        limit = self._threshold_of(request)
        people = _People(self.gallery.export_users(request.collection, call))
        yield CheckProgress(len(people.users), len(people.samples), 0.0)
        comparison = GalleryComparison(people.embeddings(), people.owners(), limit)
        for done in comparison.run():
            call.check()
            yield CheckProgress(len(people.users), len(people.samples), done)
        counts: dict[FindingKind, int] = {}
        for kind, found in _findings(people, comparison).items():
            counts[kind] = len(found)
            yield from islice(found, request.most)
        yield CheckedGallery(len(people.users), len(people.samples), limit, counts)

    def _threshold_of(self, request: CheckRequest) -> float:
        """Return the one from which two samples match: the call's, or that of duplicates."""
        if request.threshold is not None:
            return request.threshold
        rule = self.rules.thresholds_of(request.collection)
        return rule.duplicate_threshold(self.rules.gallery.size(request.collection))


@dataclass(frozen=True)
class _Row:
    sample_id: str
    quality: float


class _People:
    """Users in the order of their rows, without what the check does not look at."""

    def __init__(self, enrolled: Iterable[EnrolledUser]) -> None:
        self.users: list[tuple[str, str]] = []
        self.samples: list[_Row] = []
        self._owners: list[int] = []
        self._embeddings: list[np.ndarray] = []
        for person in enrolled:
            for sample in person.samples:
                self._owners.append(len(self.users))
                self._embeddings.append(sample.embedding)
                self.samples.append(_Row(sample.sample_id, sample.quality))
            self.users.append((person.user.user_id, person.user.name))

    def embeddings(self) -> np.ndarray:
        """Return float32 (n, 512), and let go of the single ones."""
        stacked = np.array(self._embeddings, np.float32).reshape(len(self.samples), -1)
        self._embeddings.clear()
        return stacked

    def owners(self) -> np.ndarray:
        """Return each row's user, int64 (n,)."""
        return np.array(self._owners, np.int64)

    def user_of(self, row: int) -> tuple[str, str]:
        """Return the user_id and name of a row's user."""
        return self.users[self._owners[row]]

    def rows_of(self) -> dict[int, list[int]]:
        """Return each user's rows."""
        rows: dict[int, list[int]] = defaultdict(list)
        for row, owner in enumerate(self._owners):
            rows[owner].append(row)
        return rows


def _findings(people: _People, comparison: GalleryComparison) -> dict[FindingKind, list[Finding]]:
    found: dict[FindingKind, list[Finding]] = {kind: [] for kind in FindingKind}
    crowded = {row for row, users in comparison.crowd.items() if len(users) >= CROWD_USERS}
    has_own = comparison.own > -2.0
    stray = (comparison.other >= comparison.threshold) & (comparison.own < comparison.threshold)
    misfiled = set(map(int, np.nonzero(has_own & stray)[0])) - crowded
    for row in sorted(crowded):
        found[FindingKind.UNRECOGNIZABLE_SAMPLE].append(_about(people, comparison, row))
    for row in sorted(misfiled):
        found[FindingKind.MISFILED_SAMPLE].append(_about(people, comparison, row))
    told = crowded | misfiled  # said of the sample already: not of its pairs, too
    for first, second, cosine in comparison.pairs():
        if first in told or second in told:
            continue
        kind = _kind_of_pair(people, first, second, cosine)
        found[kind].append(_pair(people, comparison, kind, (first, second, cosine)))
    found[FindingKind.POOR_ONLY_SAMPLE] = list(_poor(people))
    found[FindingKind.UNICODE_VARIANT] = list(_variants(people))
    return found


def _kind_of_pair(people: _People, first: int, second: int, cosine: float) -> FindingKind:
    names = {comparable_text(people.user_of(row)[1]) for row in (first, second)}
    same_name = len(names) == 1 and names != {""}
    if cosine >= SAME_PHOTO_SIMILARITY or same_name:
        return FindingKind.DUPLICATE_USER
    return FindingKind.LOOK_ALIKE


def _about(people: _People, comparison: GalleryComparison, row: int) -> Finding:
    crowded = len(comparison.crowd.get(row, ())) >= CROWD_USERS
    kind = FindingKind.UNRECOGNIZABLE_SAMPLE if crowded else FindingKind.MISFILED_SAMPLE
    return _pair(
        people, comparison, kind, (row, int(comparison.nearest[row]), float(comparison.other[row]))
    )


def _pair(
    people: _People,
    comparison: GalleryComparison,
    kind: FindingKind,
    pair: tuple[int, int, float],
) -> Finding:
    first, second, cosine = pair
    return Finding(
        kind,
        people.user_of(first)[0],
        people.samples[first].sample_id,
        people.user_of(second)[0],
        people.samples[second].sample_id,
        cosine,
        comparison.threshold,
    )


def _poor(people: _People) -> Iterator[Finding]:
    for user, rows in people.rows_of().items():
        only = people.samples[rows[0]]
        # 0 is not known: it was enrolled from an embedding or an aligned crop.
        if len(rows) == 1 and 0.0 < only.quality < POOR_QUALITY:
            yield Finding(
                FindingKind.POOR_ONLY_SAMPLE,
                people.users[user][0],
                only.sample_id,
                measured=only.quality,
                limit=POOR_QUALITY,
            )


def _variants(people: _People) -> Iterator[Finding]:
    """Ids that differ in form only; and names, where they are not written the same."""
    for place in (0, 1):
        written: dict[str, dict[str, str]] = defaultdict(dict)
        for user in people.users:
            if user[place]:
                written[comparable_text(user[place])].setdefault(user[place], user[0])
        for forms in written.values():
            first, *others = forms.values()
            for other in others:
                yield Finding(FindingKind.UNICODE_VARIANT, first, other_user_id=other)
