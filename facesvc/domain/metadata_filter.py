"""Choosing users by their metadata: keys that must equal values, all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

from facesvc.domain.errors import InvalidFieldError
from facesvc.domain.limits import MAX_METADATA_BYTES, MAX_WHOLE

MAX_CONDITIONS = 16
MAX_KEY_CHARS = 256
MAX_CONDITION_CHARS = MAX_METADATA_BYTES  # more cannot be equal to anything

Value: TypeAlias = str | float | bool


@dataclass(frozen=True)
class MetadataFilter:
    """Users whose metadata has every key of ``conditions`` at its top level, with a value that is
    equal and of the same kind: text, number, or true and false. None at all chooses everybody.
    """

    conditions: Mapping[str, Value]

    def __bool__(self) -> bool:
        return bool(self.conditions)

    def matches(self, metadata: Mapping[str, Any]) -> bool:
        """Tell whether a user with this metadata is chosen."""
        return all(
            key in metadata and is_equal(metadata[key], wanted)
            for key, wanted in self.conditions.items()
        )

    def as_json(self) -> str:
        """Return the conditions as a JSON object, keys sorted: what stands for the filter."""
        return json.dumps(
            dict(sorted(self.conditions.items())), ensure_ascii=False, separators=(",", ":")
        )


EVERYBODY = MetadataFilter({})


def is_equal(value: Any, wanted: Value) -> bool:
    """Compare as JSON does, where 1 equals 1.0 and neither is true or "1"."""
    if isinstance(wanted, bool) or isinstance(value, bool):
        return value is wanted
    if isinstance(wanted, str) or isinstance(value, str):
        return isinstance(value, str) and isinstance(wanted, str) and value == wanted
    return isinstance(value, (int, float)) and value == wanted


def parse_filter(texts: Sequence[str], field: str) -> MetadataFilter:
    """Read conditions like ``department=Engineering``. Raises InvalidFieldError, which names the
    condition.

    The key ends at the first ``=``, and may be a JSON string. The value is a JSON string, a
    number, true or false where it reads as one, and else text as it stands; blanks around both do
    not count.
    """
    if len(texts) > MAX_CONDITIONS:
        raise InvalidFieldError(
            f"{field} has more than {MAX_CONDITIONS} conditions.",
            field=field,
            conditions=len(texts),
            limit=MAX_CONDITIONS,
        )
    conditions: dict[str, Value] = {}
    for number, text in enumerate(texts):
        place = f"{field}[{number}]"
        key, value = _condition(text, place)
        if key in conditions:
            raise InvalidFieldError(
                f"{place} names the key of a condition before it: nobody has two values.",
                field=place,
            )
        conditions[key] = value
    return MetadataFilter(conditions)


def _condition(text: str, place: str) -> tuple[str, Value]:
    if len(text) > MAX_CONDITION_CHARS:
        raise InvalidFieldError(
            f"{place} has more than {MAX_CONDITION_CHARS} characters.",
            field=place,
            characters=len(text),
            limit=MAX_CONDITION_CHARS,
        )
    key, rest = _key(text.strip(), place)
    if len(key) > MAX_KEY_CHARS:
        raise InvalidFieldError(
            f"{place} has a key of more than {MAX_KEY_CHARS} characters.",
            field=place,
            characters=len(key),
            limit=MAX_KEY_CHARS,
        )
    return key, _value(rest.strip(), place)


def _key(text: str, place: str) -> tuple[str, str]:
    """Return the key, and what follows its ``=``."""
    if text.startswith('"'):
        try:
            key, end = json.JSONDecoder().raw_decode(text)
        except ValueError:
            key, end = "", 0
        equals, rest = text[end:].lstrip()[:1], text[end:].lstrip()[1:]
    else:
        key, equals, rest = text.partition("=")
        key = key.strip()
    if not key or equals != "=":
        raise InvalidFieldError(
            f"{place} must read key=value, like department=Engineering; a key with = or a"
            ' quotation mark is written as JSON: "a=b"=value.',
            field=place,
        )
    return str(key), rest


def _value(text: str, place: str) -> Value:
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        if text.startswith('"'):
            raise InvalidFieldError(
                f"{place} has a value that begins like a JSON string and is none.", field=place
            ) from None
        return text
    if value is None or isinstance(value, (list, dict)):
        raise InvalidFieldError(
            f"{place} must have a text, a number, true or false as its value; text that looks"
            ' like other JSON is written as a JSON string: "null".',
            field=place,
        )
    if not isinstance(value, (str, bool)) and not abs(value) <= MAX_WHOLE:
        raise InvalidFieldError(
            f"{place} has a number beyond {MAX_WHOLE}, which metadata does not hold; write text"
            " as a JSON string.",
            field=place,
            limit=MAX_WHOLE,
        )
    return value if isinstance(value, (str, bool)) else float(value)


def _refuse(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are text here")
