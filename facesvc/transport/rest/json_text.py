"""JSON as it was written: no number rounded, no key twice (RFC 8259)."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

from facesvc.domain.errors import MalformedRequestError


class Fraction(str):
    """A number with a point or an exponent, as it was written."""

    __slots__ = ()

    @property
    def is_kept(self) -> bool:
        """True when a double holds the number, to the digits that were written."""
        value = float(self)
        try:
            written = Decimal(self)
        except InvalidOperation:
            return False
        return written in (Decimal(repr(value)), Decimal(f"{value:.17g}"))


def read_json(body: bytes) -> dict[str, Any]:
    """Return the object; fractions are Fraction. Raises MalformedRequestError, without content."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedRequestError("The JSON is not UTF-8.") from None
    try:
        value = json.loads(
            text, parse_float=Fraction, parse_constant=_refuse, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        raise MalformedRequestError(
            f"The JSON cannot be read at line {error.lineno}, column {error.colno}: {error.msg}."
        ) from None
    except RecursionError:
        raise MalformedRequestError("The JSON is too deep.") from None
    except ValueError:  # whole numbers of thousands of digits
        raise MalformedRequestError("A number of the JSON is too long.") from None
    if not isinstance(value, dict):
        raise MalformedRequestError("The root of the JSON must be an object.")
    return value


def _refuse(_: str) -> Any:
    raise MalformedRequestError("NaN and Infinity are no JSON.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedRequestError("An object of the JSON has a key twice.")
    return found
