"""The DeliveryBook, over whatever shelf a store has for it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from facesvc.domain.deliveries import DeadLetter, LetterPage
from facesvc.domain.page_token import make_token, read_token
from facesvc.gallery.stores.event_record import decode_letter, encode_letter

MOST_LETTERS = 10_000  # of all endpoints; the oldest go
_CURSOR, _DUE = "cursor:", "due:"


class Shelf(Protocol):
    """Durable notes and numbered records. Every method raises StoreUnavailableError."""

    def note(self, name: str) -> str:
        """Return a note, "" for none."""
        ...

    def put_note(self, name: str, text: str) -> None:
        """Keep a note."""
        ...

    def put(self, number: int, record: bytes) -> None:
        """Keep a record in the place of the one of its number, or, with 0, behind all others."""
        ...

    def remove(self, numbers: Sequence[int]) -> None:
        """Forget records; those that are gone do not matter."""
        ...

    def after(self, number: int, most: int) -> list[tuple[int, bytes]]:
        """Return records behind a number, in order."""
        ...

    def count(self) -> int:
        """Return how many records there are."""
        ...

    def hold(self, name: str, holder: str, seconds: float) -> bool:
        """Become or stay the holder of a lease."""
        ...

    def let_go(self, name: str, holder: str) -> None:
        """Give up a lease."""
        ...


class StoredDeliveryBook:
    """A DeliveryBook. A letter's id is its number."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def hold(self, endpoint: str, holder: str, seconds: float) -> bool:
        """See DeliveryBook."""
        return self._shelf.hold(endpoint, holder, seconds)

    def let_go(self, endpoint: str, holder: str) -> None:
        """See DeliveryBook."""
        self._shelf.let_go(endpoint, holder)

    def cursor(self, endpoint: str) -> str:
        """See DeliveryBook."""
        return self._shelf.note(_CURSOR + endpoint)

    def save_cursor(self, endpoint: str, cursor: str) -> None:
        """See DeliveryBook."""
        self._shelf.put_note(_CURSOR + endpoint, cursor)

    def bury(self, letter: DeadLetter) -> None:
        """See DeliveryBook."""
        self._shelf.put(int(letter.letter_id or 0), encode_letter(letter))
        excess = self._shelf.count() - MOST_LETTERS
        if excess > 0:
            self._shelf.remove([number for number, _ in self._shelf.after(0, excess)])

    def remove(self, letter_id: str) -> None:
        """See DeliveryBook."""
        self._shelf.remove([int(letter_id)])

    def letters(self, endpoint: str, most: int, page_token: str) -> LetterPage:
        """See DeliveryBook."""
        after = read_number(read_token(page_token))
        found: list[DeadLetter] = []
        last, more = after, False
        for letter in self._all(after):
            if endpoint in ("", letter.endpoint):
                if len(found) == most:
                    more = True
                    break
                found.append(letter)
                last = int(letter.letter_id)
        total = self._shelf.count()
        return LetterPage(found, total, make_token(str(last)) if more else "")

    def replay(self, endpoint: str, letter_ids: Sequence[str]) -> int:
        """See DeliveryBook."""
        wanted, marked = set(letter_ids), 0
        for letter in self._all(0):
            if endpoint not in ("", letter.endpoint) or letter.replays:
                continue
            if wanted and letter.letter_id not in wanted:
                continue
            self._shelf.put(int(letter.letter_id), encode_letter(replace(letter, replays=True)))
            self._shelf.put_note(_DUE + letter.endpoint, secrets.token_hex(8))
            marked += 1
        return marked

    def due(self, endpoint: str, most: int) -> list[DeadLetter]:
        """See DeliveryBook."""
        if not self._shelf.note(_DUE + endpoint):
            return []
        # Before the look: what is marked meanwhile makes the note anew.
        self._shelf.put_note(_DUE + endpoint, "")
        found = []
        for letter in self._all(0):
            if letter.endpoint == endpoint and letter.replays:
                found.append(letter)
                if len(found) == most:
                    break
        if found:
            self._shelf.put_note(_DUE + endpoint, secrets.token_hex(8))
        return found

    def count(self) -> int:
        """See DeliveryBook."""
        return self._shelf.count()

    def erase(self, is_gone: Callable[[DeadLetter], bool]) -> None:
        """Forget letters about users who are gone."""
        self._shelf.remove([int(one.letter_id) for one in self._all(0) if is_gone(one)])

    def forget_before(self, moment: datetime) -> None:
        """See DeliveryBook."""
        if not self._shelf.count():
            return
        old = [int(one.letter_id) for one in self._all(0) if one.failed_at < moment]
        if old:
            self._shelf.remove(old)

    def _all(self, after: int) -> Iterator[DeadLetter]:
        while True:
            records = self._shelf.after(after, 256)
            for number, record in records:
                yield decode_letter(str(number), record)
                after = number
            if not records:
                return


def read_number(text: str) -> int:
    """Return the number in a page token, 0 for the first page."""
    return int(text) if text.isdigit() else 0
