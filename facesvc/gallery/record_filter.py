"""A metadata filter over users' records, most of which it need not read as JSON."""

from __future__ import annotations

import json
import re
from contextlib import suppress

from facesvc.domain.limits import MAX_WHOLE
from facesvc.domain.metadata_filter import MetadataFilter, Value, is_equal
from facesvc.gallery.stores import records

# Keys that begin like this stand in compact JSON only as a whole key or text: what a quotation
# mark that ends another text is followed by is none of these.
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_]")
_END_OF_VALUE = re.compile(rb"[,}\]]")


class RecordFilter:
    """Tests records.encode_user's bytes. A record without the bytes of a condition is ruled out by
    one search for them; where no object lies inside the metadata, the rest is compared as bytes
    too.
    """

    def __init__(self, where: MetadataFilter) -> None:
        self._where = where
        self._parts = [_Part(key, value) for key, value in where.conditions.items()]
        self._is_plain = all(_PLAIN_KEY.match(key) for key in where.conditions)
        self.needle = max((part.needle for part in self._parts), key=len, default=b"")

    def matches(self, record: bytes) -> bool:
        """Tell whether the record's user is chosen."""
        start, end = records.metadata_place(record)
        if self._is_plain and record.count(b"{", start, end) == 1:
            return all(part.is_in(record, start, end) for part in self._parts)
        return start < end and self._where.matches(json.loads(record[start:end]))


class _Part:
    """One condition in the bytes of an object that has no other inside. ``needle`` is in each that
    fits.
    """

    def __init__(self, key: str, value: Value) -> None:
        self._value = value
        self._key = _compact(key) + b":"
        self._is_number = not isinstance(value, (str, bool))
        self.needle = self._key + (_digits(value) if self._is_number else _compact(value))

    def is_in(self, record: bytes, start: int, end: int) -> bool:
        at = record.find(self.needle, start, end)
        if at < 0 or not self._is_number:
            return at >= 0
        start = at + len(self._key)
        found = _END_OF_VALUE.search(record, start, end)
        with suppress(ValueError):
            return found is not None and is_equal(float(record[start : found.start()]), self._value)
        return False


def _digits(value: Value) -> bytes:
    """Return what a number begins with however it was written: 5 and 5.0 are the same."""
    number = float(value)
    if number == 0 or not number.is_integer() or abs(number) > MAX_WHOLE:
        return b""
    return b"%d" % int(number)


def _compact(value: Value) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
