"""Checking that a webhook is from the service: Standard Webhooks, version v1."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping

TOLERANCE_S = 300.0


class WebhookError(ValueError):
    """The request is not from who has the secret, or not fresh."""


def verify_webhook(
    secret: str, headers: Mapping[str, str], body: bytes, *, tolerance_s: float = TOLERANCE_S
) -> str:
    """Return the event's id, by which a repetition is known. Raises WebhookError.

    ``secret`` is whsec_ and base64; ``body`` the request's bytes as they came. Names of headers may
    have any case.
    """
    given = {name.lower(): value for name, value in headers.items()}
    event_id, stamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        age_s = abs(time.time() - int(stamp))
    except ValueError:
        raise WebhookError("no timestamp, or a secret that is no base64") from None
    if age_s > tolerance_s:
        raise WebhookError("sent too long ago")
    signed = b".".join((event_id.encode(), stamp.encode(), body))
    wanted = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    signatures = given.get("webhook-signature", "").split()
    if not any(hmac.compare_digest(wanted.encode(), one.encode()) for one in signatures):
        raise WebhookError("not signed with this secret")
    return event_id
