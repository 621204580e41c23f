"""Where a listing goes on: after the last key of the page before."""

from __future__ import annotations

import base64
import binascii

from facesvc.domain.errors import InvalidFieldError

_TOKEN_PREFIX = b"u1:"  # the version of the token's form


class PageTokenError(InvalidFieldError):
    """The page token is of another listing, or was changed."""

    def __init__(self) -> None:
        super().__init__("page_token is not one that this listing gave out.", field="page_token")


def make_token(key: str) -> str:
    """Return the token that goes on after this key."""
    return base64.urlsafe_b64encode(_TOKEN_PREFIX + key.encode()).decode()


def read_token(token: str) -> str:
    """Return the key that a token goes on after. Raises PageTokenError."""
    if not token:
        return ""
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        if not raw.startswith(_TOKEN_PREFIX):
            raise ValueError("unknown form")
        return raw[len(_TOKEN_PREFIX) :].decode()
    except (ValueError, binascii.Error):
        raise PageTokenError from None
