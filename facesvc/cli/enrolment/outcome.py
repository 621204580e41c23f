"""What became of each file, and the account of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What can become of a file."""

    ENROLLED = "enrolled"  # stored by this run
    EARLIER = "earlier"  # stored by an earlier run, and the service still has it
    REPEATED = "repeated"  # the same bytes as another photo of the user, stored once
    REFUSED = "refused"  # not stored: the service's reason, or NO_USER
    UNREADABLE = "unreadable"  # the file could not be read
    NOT_TRIED = "not_tried"  # the service went away before
    SKIPPED = "skipped"  # no photo


# A file of these kinds should have been enrolled and was not.
NOT_DONE = (Kind.REFUSED, Kind.UNREADABLE, Kind.NOT_TRIED)
_NAMED_PER_KIND = 20


@dataclass(frozen=True)
class Outcome:
    """What became of one file; ``message`` is for people."""

    kind: Kind
    user_id: str
    photo: str
    reason: str = ""
    message: str = ""


@dataclass
class Account:
    """All outcomes of a run."""

    outcomes: list[Outcome] = field(default_factory=list)
    stopped: str = ""
    """Why the run ended early; empty when it did not."""

    def add(self, outcome: Outcome) -> None:
        """Take one in."""
        self.outcomes.append(outcome)

    def extend(self, outcomes: Iterable[Outcome]) -> None:
        """Take several in."""
        self.outcomes.extend(outcomes)

    def of(self, *kinds: Kind) -> list[Outcome]:
        """Return the outcomes of these kinds."""
        return [each for each in self.outcomes if each.kind in kinds]

    @property
    def complete(self) -> bool:
        """True once every photo is enrolled."""
        return not self.stopped and not self.of(*NOT_DONE)

    def counts(self) -> dict[str, int]:
        """Return how many files each kind has."""
        counts = Counter(each.kind for each in self.outcomes)
        return {str(kind): counts[kind] for kind in Kind}

    def lines(self) -> Iterator[str]:
        """Yield the account as text: each kind counted, each file that was not done named."""
        counts = Counter(each.kind for each in self.outcomes)
        yield f"{_photos(counts[Kind.ENROLLED])} enrolled now"
        for kind, text in (
            (Kind.EARLIER, "enrolled by an earlier run and still there"),
            (Kind.REPEATED, "of the same bytes as another one of the user"),
        ):
            if counts[kind]:
                yield f"{_photos(counts[kind])} {text}"
        for kind, text in (
            (Kind.REFUSED, "refused"),
            (Kind.UNREADABLE, "unreadable"),
            (Kind.NOT_TRIED, "not tried"),
        ):
            if counts[kind]:
                yield f"{_photos(counts[kind])} {text}{self._by_reason(kind)}"
                yield from self._named(kind)
        if counts[Kind.SKIPPED]:
            count = counts[Kind.SKIPPED]
            yield f"{count} {'file' if count == 1 else 'files'} skipped, no photos"
            yield from self._named(Kind.SKIPPED)

    def _by_reason(self, kind: Kind) -> str:
        reasons = Counter(each.reason for each in self.of(kind))
        if kind is not Kind.REFUSED:
            return ""
        return ": " + ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())

    def _named(self, kind: Kind) -> Iterator[str]:
        named = self.of(kind)
        for each in named[:_NAMED_PER_KIND]:
            words = (each.reason if kind is Kind.REFUSED else "", each.message)
            told = " ".join(word for word in words if word)
            yield f"  {each.photo}" + (f": {told}" if told else "")
        if len(named) > _NAMED_PER_KIND:
            yield f"  and {len(named) - _NAMED_PER_KIND} more, named in the results file"


def _photos(count: int) -> str:
    return f"{count} photo" if count == 1 else f"{count} photos"
