"""From log entries to changes, exactly once and in order, or a reason to load afresh.

The log says which user and sample a write touched; what they hold is read when the entry is
followed, so that nothing personal stays in the log. By then a later write may have replaced it.
Such an entry shows the user's present state at once, whole (it is committed already, so no reader
is shown anything untrue), and the user's entries up to that state change nothing more. An entry of
an edit does so for each user that it names.

What was read may so be of a later write than the entry, and that write may be lost in a failover
while the entry is not. Each answer therefore tells how far its server was, and the log must lead
there: else the copy shows, or lacks, what never happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import EMBEDDING_SIZE
from facesvc.domain.gallery import Sample, User
from facesvc.gallery.stores.port import Change, Rewrite, UserState
from facesvc.gallery.stores.records import from_microseconds
from facesvc.gallery.stores.redis.codec import Codec
from facesvc.gallery.stores.redis.toolkit.server_faults import BehindError

Fetched = Sequence[bytes | None]  # what fetch.lua answers for one user of an entry
_SAMPLE = 5  # parts of each sample in it: id, e, q, t, v


class OutOfStepError(Exception):
    """The log does not continue what was applied: the copy must be loaded afresh."""


@dataclass(frozen=True)
class Entry:
    """One write as the log tells it. ``link`` stands for the history up to it, ``previous`` for
    that before it; ``model`` is the recognizer where this write bound it.
    """

    version: int
    operation: str
    user_id: str
    sample_id: str
    samples: int
    link: str
    previous: str
    generation: str
    model: str
    other_id: str = ""

    @classmethod
    def parse(cls, entry_id: bytes, fields: dict[bytes, bytes]) -> Entry:
        """Return the entry of a stream id ``<version>-0`` and its fields."""
        text = {key.decode(): value.decode() for key, value in fields.items()}
        return cls(
            version=int(entry_id.partition(b"-")[0]),
            operation=text["o"],
            user_id=text.get("u", ""),
            sample_id=text.get("s", ""),
            samples=int(text.get("n", "0")),
            link=text["k"],
            previous=text.get("q", text["p"]),
            generation=text["g"],
            model=text.get("m", ""),
            other_id=text.get("w", ""),
        )

    @property
    def wanted(self) -> list[tuple[str, str]]:
        """Which users to read, and the sample of each; "" for all of them."""
        if self.operation == "edit":
            return [(user_id, "") for user_id in (self.user_id, self.other_id) if user_id]
        return [(self.user_id, self.sample_id)] if self.operation in {"put", "add"} else []


@dataclass
class LogReplay:
    """How far one collection has been followed. ``ahead`` holds users shown in a later state
    than ``version`` would give them. ``reached`` are the links at later versions that what was
    read may already be of.
    """

    collection: str
    version: int
    last: str
    ahead: dict[str, User] = field(default_factory=dict)
    reached: dict[int, str] = field(default_factory=dict)

    def reach(self, version: int, link: str, *, least: int) -> None:
        """Take note that records were read from a server at that version. Raises BehindError
        below ``least``, OutOfStepError when another history was seen there.
        """
        if version < least:
            raise BehindError(f"{self.collection}: at {version}, which is before {least}")
        if version > self.version and self.reached.setdefault(version, link) == link:
            return
        if (version, link) != (self.version, self.last):
            raise OutOfStepError(f"{self.collection}: version {version} is of another history")

    def check_end(self, version: int, link: str) -> None:
        """Compare with where the server's history ends. Raises OutOfStepError."""
        furthest = max(self.reached, default=self.version)
        if version < furthest:
            raise OutOfStepError(
                f"{self.collection}: Redis lost data, it is at version {version} after {furthest}"
            )
        known = self.last if version == self.version else self.reached.get(version, link)
        if known != link:
            raise OutOfStepError(f"{self.collection}: version {version} is of another history")

    def check_next(self, entry: Entry) -> None:
        """Raise OutOfStepError unless the entry is the one after ``version``."""
        if entry.version != self.version + 1:
            raise OutOfStepError(
                f"{self.collection}: the log goes on at {entry.version} after {self.version}"
            )
        if entry.previous != self.last:
            raise OutOfStepError(
                f"{self.collection}: write {entry.version} follows another history"
            )

    def advance(
        self, entry: Entry, fetched: Sequence[Fetched], codec: Codec, model: str
    ) -> Change | Rewrite:
        """Return what the entry changes and move on to it. ``fetched`` is what was read for each
        of its ``wanted``. Raises OutOfStepError.
        """
        self.check_next(entry)
        if self.reached.pop(entry.version, entry.link) != entry.link:
            raise OutOfStepError(
                f"{self.collection}: write {entry.version} is not the one that was read"
            )
        change = self._change(entry, fetched, Records(self.collection, codec, model))
        self.version, self.last = entry.version, entry.link
        for user_id in [key for key, user in self.ahead.items() if user.version <= entry.version]:
            del self.ahead[user_id]
        return change

    def _change(
        self, entry: Entry, fetched: Sequence[Fetched], records: Records
    ) -> Change | Rewrite:
        version, user_id = entry.version, entry.user_id
        if entry.operation == "drop":
            self.ahead.clear()
            return Change(self.collection, version, "", None, None, clears=True)
        if entry.operation == "edit":
            return self._rewrite(entry, fetched, records)
        shown = self._shown(user_id, version)
        if shown is not None:
            return Change(self.collection, version, user_id, shown, None, clears=False)
        held = records.user(user_id, fetched[0]) if fetched else None
        if held is None:
            return Change(self.collection, version, user_id, None, None, clears=True)
        samples = records.samples(held, fetched[0])
        if [sample.sample_id for sample in samples] != [entry.sample_id]:
            return self._rewrite(entry, fetched, records)
        user = replace(held, samples=entry.samples, version=version)
        clears = entry.operation == "put"
        return Change(self.collection, version, user_id, user, samples[0], clears)

    def _rewrite(self, entry: Entry, fetched: Sequence[Fetched], records: Records) -> Rewrite:
        """Show each user as it is now, unless a later state is shown already."""
        states = []
        for (user_id, _), row in zip(entry.wanted, fetched, strict=True):
            if self._shown(user_id, entry.version) is not None:
                continue
            user = records.user(user_id, row)
            embeddings = records.embeddings(user_id, row)
            if user is not None and not len(embeddings):
                user = None  # a hand has removed its samples
            if user is not None and user.version > entry.version:
                self.ahead[user_id] = user
            states.append(UserState(user_id, user, embeddings))
        return Rewrite(self.collection, entry.version, tuple(states))

    def _shown(self, user_id: str, version: int) -> User | None:
        """Return the user when a state from that version on is shown."""
        shown = self.ahead.get(user_id)
        return shown if shown is not None and shown.version >= version else None


@dataclass(frozen=True)
class Records:
    """Takes apart what fetch.lua answers. Raises SealError."""

    collection: str
    codec: Codec
    model: str

    def user(self, user_id: str, row: Fetched) -> User | None:
        """Return the user, None when it is gone."""
        name, metadata, created, updated, version = row[:_SAMPLE]
        if version is None:
            return None
        return User(
            user_id=user_id,
            name=self.codec.unpack_name(self.collection, user_id, name or b""),
            metadata=self.codec.unpack_metadata(self.collection, user_id, metadata or b""),
            samples=(len(row) - _SAMPLE) // _SAMPLE,
            created_at=from_microseconds(int(created or b"0")),
            updated_at=from_microseconds(int(updated or b"0")),
            version=int(version),
        )

    def samples(self, user: User, row: Fetched) -> list[Sample]:
        """Return the samples that were read."""
        found = []
        for at in range(_SAMPLE, len(row), _SAMPLE):
            sample_id, embedding, quality, created, version = (
                part or b"" for part in row[at : at + _SAMPLE]
            )
            name, owner = sample_id.decode(), (self.collection, user.user_id)
            found.append(
                Sample(
                    collection=self.collection,
                    user_id=user.user_id,
                    sample_id=name,
                    embedding=self.codec.unpack_embedding(*owner, name, embedding),
                    recognizer=self.model,
                    name=user.name,
                    metadata=user.metadata,
                    quality=float(quality),
                    created_at=from_microseconds(int(created)),
                    version=int(version),
                )
            )
        return found

    def embeddings(self, user_id: str, row: Fetched) -> NDArray[np.float32]:
        """Return the embeddings that were read, float32 (n, 512)."""
        user = self.user(user_id, row)
        vectors = [one.embedding for one in self.samples(user, row)] if user else []
        return np.stack(vectors) if vectors else np.empty((0, EMBEDDING_SIZE), np.float32)
