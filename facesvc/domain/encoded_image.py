"""Images that come as text: base64 in its common spellings, and data URIs."""

from __future__ import annotations

import binascii
import re
from urllib.parse import unquote_to_bytes

from facesvc.domain.errors import InvalidFieldError

_SCHEME = "data:"
_URL_SAFE = str.maketrans("-_", "+/")
_PLAIN = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_SPACES = re.compile(r"[ \t\r\n]+")


def is_data_uri(text: str) -> bool:
    """Tell whether a URL holds its data itself."""
    return text[: len(_SCHEME)].lower() == _SCHEME


def shown_uri(text: str) -> str:
    """Return a URL as answers may repeat it: of a data URI without the data."""
    return text.partition(",")[0][:100] + ",..." if is_data_uri(text) else text


def decode_data_uri(text: str, field: str) -> bytes:
    """Return the bytes of a data URI (RFC 2397). Raises InvalidFieldError, without the data."""
    header, comma, body = text.partition(",")
    if not comma:
        raise InvalidFieldError(f"{field} is a data URI without data.", field=field)
    if header.rpartition(";")[2].strip().lower() == "base64":
        return decode_base64(
            unquote_to_bytes(body).decode("latin-1") if "%" in body else body, field
        )
    return unquote_to_bytes(body)


def decode_image_text(text: str, field: str) -> bytes:
    """Return the bytes of base64 or of a data URI. Raises InvalidFieldError, without the data."""
    return decode_data_uri(text, field) if is_data_uri(text) else decode_base64(text, field)


def decode_base64(text: str, field: str) -> bytes:
    """Return the bytes of base64: plain or URL-safe, with line breaks, with padding or without.

    Raises InvalidFieldError, without the data.
    """
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error, and text beyond ASCII
        pass
    plain = _SPACES.sub("", text).translate(_URL_SAFE)
    unpadded = plain.rstrip("=")
    if not _PLAIN.fullmatch(plain) or len(unpadded) % 4 == 1:
        raise InvalidFieldError(f"{field} is no base64.", field=field)
    return binascii.a2b_base64(unpadded + "=" * (-len(unpadded) % 4))
