"""What request fields may hold. Each check returns the value or raises InvalidFieldError."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.errors import InvalidFieldError
from facesvc.domain.faces import EMBEDDING_SIZE

MAX_USER_ID_CHARS = 128
MAX_NAME_CHARS = 256
MAX_METADATA_BYTES = 16 * 1024
# Protobuf readers stop at 100 nested messages (protobuf's default recursion limit) and an object in
# metadata takes three: one user's metadata must not make a whole listing unreadable.
MAX_METADATA_DEPTH = 16
# The largest whole number up to which a double, and so a protobuf Struct, holds every one.
MAX_WHOLE = 2**53 - 1
_MAX_PLACE_CHARS = 128
MAX_REQUEST_ID_CHARS = 128
MAX_ITEM_ID_CHARS = 256
MAX_TOP_K = 10_000
MAX_PAGE_SIZE = 1000
MAX_FINDINGS = 10_000
SAMPLE_ID = r"[0-9a-f]{32}"
COLLECTION_NAME = r"[a-z0-9][a-z0-9_-]{0,63}"


def user_id(value: str, field: str = "user_id") -> str:
    """1 to 128 characters, none of them a control character."""
    if not value:
        raise InvalidFieldError(f"{field} must not be empty.", field=field)
    return text(value, field, MAX_USER_ID_CHARS)


def sample_id(value: str) -> str:
    """32 hexadecimal digits, as the service gives them out."""
    if not re.fullmatch(SAMPLE_ID, value):
        raise InvalidFieldError("sample_id must be 32 hexadecimal digits.", field="sample_id")
    return value


def text(value: str, field: str, max_chars: int) -> str:
    """At most ``max_chars`` characters, none of them a control character; in NFC, so that a name
    typed on one system is the same as typed on another.
    """
    value = unicodedata.normalize("NFC", value)
    if len(value) > max_chars:
        raise InvalidFieldError(
            f"{field} has more than {max_chars} characters.",
            field=field,
            characters=len(value),
            limit=max_chars,
        )
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise InvalidFieldError(f"{field} must not hold control characters.", field=field)
    return value


def metadata(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """At most 16 KiB as UTF-8 JSON and 16 objects and lists inside each other, numbers finite."""
    if _deeper_than(MAX_METADATA_DEPTH, value):
        raise InvalidFieldError(
            f"metadata has more than {MAX_METADATA_DEPTH} objects and lists inside each other.",
            field="metadata",
            limit=MAX_METADATA_DEPTH,
        )
    try:
        size = len(json.dumps(value, allow_nan=False, ensure_ascii=False).encode())
    except ValueError as error:
        raise InvalidFieldError(
            "metadata must hold finite numbers only.", field="metadata"
        ) from error
    if size > MAX_METADATA_BYTES:
        raise InvalidFieldError(
            f"metadata has more than {MAX_METADATA_BYTES} bytes as JSON.",
            field="metadata",
            bytes=size,
            limit=MAX_METADATA_BYTES,
        )
    return value


def new_metadata(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """What ``metadata`` takes, without whole numbers beyond those that a double holds, which may
    have been others when they were sent.
    """
    _refuse_rounded("metadata", value)
    return metadata(value)


def _refuse_rounded(place: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_rounded(f"{place}.{key}"[:_MAX_PLACE_CHARS], item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_rounded(f"{place}[{index}]"[:_MAX_PLACE_CHARS], item)
    elif isinstance(value, (int, float)) and MAX_WHOLE < abs(value) < float("inf"):
        raise InvalidFieldError(
            f"{place} is a whole number beyond {MAX_WHOLE}; send it as text.",
            field=place,
            limit=MAX_WHOLE,
        )


def _deeper_than(depth: int, value: Any) -> bool:
    if isinstance(value, Mapping):
        value = list(value.values())
    if not isinstance(value, list):
        return False
    return depth == 0 or any(_deeper_than(depth - 1, item) for item in value)


def collection(value: str, default: str) -> str:
    """A collection's name; "" is the default."""
    return collection_name(value, "collection") if value else default


def collection_name(value: str, field: str) -> str:
    """1 to 64 characters of a-z, 0-9, - and _, a letter or digit first."""
    if not re.fullmatch(COLLECTION_NAME, value):
        raise InvalidFieldError(
            f"{field} must have 1 to 64 characters of a-z, 0-9, - and _, and start with a "
            "letter or digit.",
            field=field,
        )
    return value


def threshold(value: float) -> float:
    """A cosine: -1 to 1."""
    if not -1.0 <= value <= 1.0:
        raise InvalidFieldError("threshold must be from -1 to 1.", field="threshold", value=value)
    return value


def between(value: float, field: str, least: float, most: float) -> float:
    """A number in that range; never NaN."""
    if not least <= value <= most:
        raise InvalidFieldError(
            f"{field} must be from {least:.12g} to {most:.12g}.", field=field, value=value
        )
    return value


def error_rate(value: float, field: str) -> float:
    """More than 0, less than 1; never NaN."""
    if not 0.0 < value < 1.0:
        raise InvalidFieldError(f"{field} must be between 0 and 1.", field=field, value=value)
    return value


def distance(value: float, field: str) -> float:
    """0 to 2, as two cosines can be apart; never NaN."""
    if not 0.0 <= value <= 2.0:
        raise InvalidFieldError(f"{field} must be from 0 to 2.", field=field, value=value)
    return value


def top_k(value: int) -> int:
    """1 to 10,000."""
    if not 1 <= value <= MAX_TOP_K:
        raise InvalidFieldError(f"top_k must be from 1 to {MAX_TOP_K}.", field="top_k", value=value)
    return value


def page_size(value: int, default: int = 100) -> int:
    """1 to 1000; 0 is the default."""
    if not 0 <= value <= MAX_PAGE_SIZE:
        raise InvalidFieldError(
            f"page_size must be from 1 to {MAX_PAGE_SIZE}.", field="page_size", value=value
        )
    return value or default


def max_findings(value: int, default: int = 1000) -> int:
    """1 to 10,000; 0 is the default."""
    if not 0 <= value <= MAX_FINDINGS:
        raise InvalidFieldError(
            f"max_findings must be from 1 to {MAX_FINDINGS}.", field="max_findings", value=value
        )
    return value or default


def point_or_box(value: tuple[float, ...], field: str) -> tuple[float, ...]:
    """Two or four finite numbers; a box has its right and lower edge behind the others."""
    good = len(value) in (2, 4) and all(map(math.isfinite, value))
    if good and len(value) == 4:
        good = value[0] < value[2] and value[1] < value[3]
    if not good:
        raise InvalidFieldError(
            f"{field} must be a point x, y or a box x1, y1, x2, y2 in pixels.", field=field
        )
    return value


def embedding(values: NDArray[np.float32], field: str) -> NDArray[np.float32]:
    """512 finite numbers, not all zero; returned with the length 1."""
    if len(values) != EMBEDDING_SIZE:
        raise InvalidFieldError(
            f"{field} must have {EMBEDDING_SIZE} numbers.",
            field=field,
            numbers=len(values),
            limit=EMBEDDING_SIZE,
        )
    length = float(np.linalg.norm(values.astype(np.float64)))
    if not math.isfinite(length) or length < 1e-6:
        raise InvalidFieldError(f"{field} must be finite and not all zero.", field=field)
    return (values / length).astype(np.float32)
