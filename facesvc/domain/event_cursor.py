"""Where a reader of the events stands."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from facesvc.domain.errors import ErrorKind, FaceError, InvalidFieldError
from facesvc.domain.events import Event

CHECK_CHARS = 8  # of an event's id: another one begins alike once in four billion
_MOST_BYTES = 4 * 1024 * 1024  # of a cursor, unpacked; some 60,000 collections


@dataclass(frozen=True)
class Position:
    """The last event that was read of one part of the log. ``epoch`` is that log's: a log that
    begins anew has another one. ``check`` is how that event's id begins, "" where there was none:
    a log that lost its end, in a failover or by an older backup, has another event there.
    """

    epoch: str
    number: int
    check: str = ""

    @classmethod
    def behind(cls, epoch: str, number: int, event_id: str) -> Position:
        """Return the position behind an event."""
        return cls(epoch, number, event_id[:CHECK_CHARS])

    def fits(self, event_id: str) -> bool:
        """Tell whether the event with this number may be the one that was read."""
        return event_id.startswith(self.check)


@dataclass(frozen=True)
class Cursor:
    """``positions`` by the parts of the log. A part that it does not have is read from its first
    event; with ``from_oldest`` that is the oldest that is still there.
    """

    positions: Mapping[str, Position] = field(default_factory=dict)
    from_oldest: bool = False

    def encode(self) -> str:
        """Return the text that a caller keeps."""
        parts = {part: [at.epoch, at.number, at.check] for part, at in self.positions.items()}
        text = json.dumps([int(self.from_oldest), parts], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(zlib.compress(text)).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Cursor:
        """Return the cursor of a text, "" for the oldest event. Raises InvalidFieldError."""
        if not text:
            return OLDEST
        try:
            packed = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
            oldest, parts = json.loads(zlib.decompressobj().decompress(packed, _MOST_BYTES))
            return cls(
                {str(part): _position(*at) for part, at in parts.items()},
                bool(oldest),
            )
        except (binascii.Error, zlib.error, ValueError, TypeError, AttributeError, IndexError):
            raise InvalidFieldError(
                "cursor is none that this service gave.", field="cursor"
            ) from None


def _position(epoch: object, number: int, check: object = "") -> Position:
    return Position(str(epoch), int(number), str(check))


OLDEST = Cursor(from_oldest=True)


@dataclass(frozen=True)
class EventPage:
    """The next events, and the cursor behind the last of them. ``more`` if there may be others at
    once.
    """

    events: Sequence[Event]
    cursor: Cursor
    more: bool


class CursorExpiredError(FaceError):
    """The log no longer has what follows the cursor; ``resume_cursor`` goes on with the oldest
    event that it has.
    """

    reason = "CURSOR_EXPIRED"
    kind = ErrorKind.PRECONDITION

    def __init__(self, resume: Cursor) -> None:
        super().__init__(
            "Events after this cursor are gone from the log. Go on from resume_cursor, and compare"
            " with ListGallery what was missed.",
            field="cursor",
            resume_cursor=resume.encode(),
        )


class EventsOffError(FaceError):
    """The service keeps no events."""

    reason = "EVENTS_OFF"
    kind = ErrorKind.PRECONDITION

    def __init__(self) -> None:
        super().__init__("This service keeps no events; its operator can set EVENTS=true.")
