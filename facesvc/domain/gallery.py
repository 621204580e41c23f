"""Values of the gallery: samples, users, matches, receipts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.collection_settings import NEVER_SET, KeptSettings
from facesvc.domain.metadata_filter import EVERYBODY, MetadataFilter
from facesvc.domain.page_token import make_token
from facesvc.domain.sample_facts import NO_FACTS, SampleFacts

DEFAULT_COLLECTION = "default"
MAX_SAMPLES_PER_USER = 64  # more photos of one person gain nothing and slow every search
# How long a request_id gives the same receipt again: who retries later has long asked a person.
REQUEST_ID_LIFE_S = 24 * 3600


class EnrollMode(Enum):
    """What happens to a user's earlier samples."""

    REPLACE = "replace"
    ADD = "add"


@dataclass(frozen=True)
class Sample:
    """One enrolled face.

    ``embedding`` is float32 (512,), L2-normalised; ``recognizer`` the digest of the model
    that made it; ``quality`` the quality score 0-1; ``metadata`` JSON values.
    """

    collection: str
    user_id: str
    sample_id: str
    embedding: NDArray[np.float32]
    recognizer: str
    name: str
    metadata: Mapping[str, Any]
    quality: float
    created_at: datetime
    version: int
    facts: SampleFacts = NO_FACTS


def oldest_first(samples: Iterable[Sample]) -> list[Sample]:
    """Return a user's samples in the order in which they came to the user: the one order that
    every gallery gives them in.
    """
    return sorted(samples, key=lambda one: (one.version, one.created_at, one.sample_id))


@dataclass(frozen=True)
class Origin:
    """When an imported sample, and its user, were first enrolled."""

    sample_created_at: datetime
    user_created_at: datetime


@dataclass(frozen=True)
class Enrolment:
    """A face to be enrolled.

    ``name`` and ``metadata`` are the user's and replace the earlier ones; in mode ADD an
    empty one leaves the user's as it is. ``request_id`` makes a retry give the same receipt
    ("" = no idempotency). ``expected_version`` is the version that the user must still have
    (0 = the user must not exist, None = any).
    ``origin`` keeps an import's times (None = now); a user that exists keeps its own.
    """

    collection: str
    user_id: str
    embedding: NDArray[np.float32]
    quality: float
    name: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    mode: EnrollMode = EnrollMode.REPLACE
    request_id: str = ""
    expected_version: int | None = None
    origin: Origin | None = None
    facts: SampleFacts = NO_FACTS


@dataclass(frozen=True)
class Deletion:
    """A user to be removed. ``request_id`` and ``expected_version`` as in Enrolment."""

    collection: str
    user_id: str
    request_id: str = ""
    expected_version: int | None = None


@dataclass(frozen=True)
class WriteReceipt:
    """A durable write. ``version`` counts the collection's writes, from 1.

    ``samples`` is how many the user has now; ``removed`` how many this write removed.
    """

    version: int
    sample_id: str = ""
    samples: int = 0
    removed: int = 0


@dataclass(frozen=True)
class User:
    """What the gallery tells about a user; never an embedding.

    ``version`` is that of the user's last write.
    """

    user_id: str
    name: str
    metadata: Mapping[str, Any]
    samples: int
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True)
class EnrolledUser:
    """A user with every sample, the oldest first; the only read that gives embeddings."""

    user: User
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class CollectionInfo:
    """One collection. ``version`` counts its writes, ``aliases`` are its other names, sorted.

    ``served`` is False when another recognizer made it: it is kept, but cannot be searched,
    and its counts and version are 0 here. ``kept`` is what it decides for itself.
    """

    name: str
    recognizer: str
    version: int
    users: int
    samples: int
    aliases: tuple[str, ...] = ()
    served: bool = True
    kept: KeptSettings = NEVER_SET


@dataclass(frozen=True)
class ErasureReceipt:
    """Every deletion acknowledged before ``started_at`` is gone from each of ``places``."""

    started_at: datetime
    completed_at: datetime
    places: tuple[str, ...]


@dataclass(frozen=True)
class UserPage:
    """Users in user_id order; ``next_page_token`` is "" on the last page. ``known`` is False when
    there is no such collection.
    """

    users: list[User]
    total: int
    next_page_token: str
    known: bool = True

    @classmethod
    def of(cls, users: list[User], size: int, total: int, *, known: bool = True) -> UserPage:
        """Return a page of at most ``size`` of the users, of whom one more may follow."""
        token = make_token(users[size - 1].user_id) if len(users) > size else ""
        return cls(users[:size], total, token, known)

    def cut(self, count: int) -> UserPage:
        """Return the page with its first ``count`` users; the next one begins after them."""
        if count >= len(self.users):
            return self
        return UserPage.of(self.users, count, self.total, known=self.known)


@dataclass(frozen=True)
class Match:
    """The best sample of one user. ``similarity`` is the cosine, -1 to 1.
    ``false_match_probability`` is how likely a stranger's search has such a match, None where
    that is not known; ``metadata`` is None where it was not asked for.
    """

    user_id: str
    similarity: float
    name: str
    false_match_probability: float | None = None
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class SearchQuery:
    """What a search asks of a gallery.

    ``probes`` are float32 (n, 512), L2-normalised, each searched on its own; ``top_k`` users at
    most for each whose cosine is at least ``threshold``. ``min_version`` of the collection that
    the search must have seen (0 = any). ``allow_partial`` accepts an answer of those of the
    gallery's servers that can give one. Only users whom ``where`` chooses are searched;
    ``with_metadata`` gives each match its user's metadata.
    """

    collection: str
    probes: NDArray[np.float32]
    top_k: int
    threshold: float
    min_version: int = 0
    allow_partial: bool = False
    where: MetadataFilter = EVERYBODY
    with_metadata: bool = False


@dataclass(frozen=True)
class SearchResult:
    """``of_probes`` has the matches of each probe, best first; ``missing`` the numbers, from 1,
    of the gallery's servers that did not answer. Only complete when ``missing`` is empty.
    ``known`` is False when there is no such collection, as far as the servers that answered know.
    """

    of_probes: list[list[Match]]
    missing: tuple[int, ...] = ()
    known: bool = True

    @property
    def first(self) -> list[Match]:
        """The matches of the first probe."""
        return self.of_probes[0]


@dataclass(frozen=True)
class GalleryStatus:
    """``state`` is "ok" or "degraded" (reads go on from memory, writes fail).

    ``staleness_s`` is the age in seconds of the data when degraded, else 0.
    """

    store: str
    state: str
    collections: int
    users: int
    samples: int
    staleness_s: float = 0.0
    detail: str = ""
