"""From log entries to changes, exactly once and in order, or a reason to load afresh.

The log says which user and sample a write touched; what they hold is read when the entry is
followed, so that nothing personal stays in the log. By then a later write may have replaced it.
Such an entry shows the user's next surviving state at once (it is committed already, so no reader
is shown anything untrue), and the user's entries up to that state change nothing more.

What was read may so be of a later write than the entry, and that write may be lost in a failover
while the entry is not. Each answer therefore tells how far its server was, and the log must lead
there: else the copy shows, or lacks, what never happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from facesvc.domain.gallery import Sample, User
from facesvc.gallery.stores.port import Change
from facesvc.gallery.stores.records import from_microseconds
from facesvc.gallery.stores.redis.codec import Codec
from facesvc.gallery.stores.redis.toolkit.server_faults import BehindError

Fetched = Sequence[bytes | None]  # what fetch.lua answers for one entry


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
            previous=text["p"],
            generation=text["g"],
            model=text.get("m", ""),
        )

    @property
    def enrolls(self) -> bool:
        return self.operation in {"put", "add"}


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

    def advance(self, entry: Entry, fetched: Fetched | None, codec: Codec, model: str) -> Change:
        """Return what the entry changes and move on to it. ``fetched`` is None unless the
        entry enrols. Raises OutOfStepError.
        """
        self.check_next(entry)
        if self.reached.pop(entry.version, entry.link) != entry.link:
            raise OutOfStepError(
                f"{self.collection}: write {entry.version} is not the one that was read"
            )
        change = self._change(entry, fetched, codec, model)
        self.version, self.last = entry.version, entry.link
        for user_id in [key for key, user in self.ahead.items() if user.version <= entry.version]:
            del self.ahead[user_id]
        return change

    def _change(self, entry: Entry, fetched: Fetched | None, codec: Codec, model: str) -> Change:
        version = entry.version
        if entry.operation == "drop":
            self.ahead.clear()
            return Change(self.collection, version, "", None, None, clears=True)
        shown = self.ahead.get(entry.user_id)
        if shown is not None and shown.version >= version:
            return Change(self.collection, version, entry.user_id, shown, None, clears=False)
        if fetched is None or fetched[4] is None or fetched[6] is None:
            return Change(self.collection, version, entry.user_id, None, None, clears=True)
        sample = self._sample(entry, fetched, codec, model)
        user = self._user(entry, fetched, sample)
        if sample.sample_id == entry.sample_id:
            clears = entry.operation == "put"
            return Change(self.collection, version, entry.user_id, user, sample, clears)
        user = replace(user, samples=1, version=sample.version)
        self.ahead[entry.user_id] = user
        return Change(self.collection, version, entry.user_id, user, sample, clears=True)

    def _sample(self, entry: Entry, fetched: Fetched, codec: Codec, model: str) -> Sample:
        name, metadata, sample_id, embedding, quality, created, version = (
            part or b"" for part in (*fetched[:2], *fetched[5:])
        )
        identifier = sample_id.decode()
        return Sample(
            collection=self.collection,
            user_id=entry.user_id,
            sample_id=identifier,
            embedding=codec.unpack_embedding(self.collection, entry.user_id, identifier, embedding),
            recognizer=model,
            name=codec.unpack_name(self.collection, entry.user_id, name),
            metadata=codec.unpack_metadata(self.collection, entry.user_id, metadata),
            quality=float(quality),
            created_at=from_microseconds(int(created)),
            version=int(version),
        )

    def _user(self, entry: Entry, fetched: Fetched, sample: Sample) -> User:
        return User(
            user_id=entry.user_id,
            name=sample.name,
            metadata=sample.metadata,
            samples=entry.samples,
            created_at=from_microseconds(int(fetched[2] or b"0")),
            updated_at=from_microseconds(int(fetched[3] or b"0")),
            version=entry.version,
        )
