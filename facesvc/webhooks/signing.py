"""Signatures of Standard Webhooks (https://www.standardwebhooks.com), version v1."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

PREFIX = "whsec_"
LEAST_BYTES, MOST_BYTES = 24, 64  # as Standard Webhooks has it


def read_secret(text: str) -> bytes:
    """Return the key of a secret, whsec_ and base64. Raises ValueError, without the secret."""
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a secret is no base64") from None
    if not text.startswith(PREFIX) or not LEAST_BYTES <= len(key) <= MOST_BYTES:
        raise ValueError(f"a secret is {PREFIX} and base64 of {LEAST_BYTES} to {MOST_BYTES} bytes")
    return key


def signed_headers(
    keys: Sequence[bytes], message_id: str, seconds: int, body: bytes
) -> Mapping[str, str]:
    """Return the headers that sign a body sent at a time, in seconds since 1970; one signature a
    key, so that a receiver can change its secret.
    """
    content = b".".join((message_id.encode(), str(seconds).encode(), body))
    signatures = [
        "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode() for key in keys
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(signatures),
    }
