"""Challenges: signed, for a short time, each good for one check-in of this process."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from facesvc.domain.challenge import Movement
from facesvc.domain.errors import InvalidFieldError

TTL_S = 60.0
_SIGNATURE_BYTES = 32


@dataclass(frozen=True)
class Challenge:
    """``token`` comes back with the frames; ``movements`` in their order; ``expires_at`` in
    seconds since 1970.
    """

    token: str
    movements: tuple[Movement, ...]
    expires_at: float


@dataclass(frozen=True)
class Challenges:
    """Makes and redeems challenges. ``key`` signs them: replicas that share it know each other's,
    but each remembers only the tokens that it redeemed itself. Thread-safe.
    """

    key: bytes
    clock: Callable[[], float] = time.time
    _redeemed: dict[str, float] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def start(self) -> Challenge:
        """Return a challenge with every movement once, in random order."""
        movements = list(Movement)
        secrets.SystemRandom().shuffle(movements)
        expires_at = self.clock() + TTL_S
        content = {
            "do": [movement.value for movement in movements],
            "until": expires_at,
            "nonce": secrets.token_urlsafe(16),
        }
        body = json.dumps(content, separators=(",", ":")).encode()
        token = base64.urlsafe_b64encode(self._signature(body) + body).decode()
        return Challenge(token, tuple(movements), expires_at)

    def redeem(self, token: str) -> tuple[Movement, ...]:
        """Return the movements of a token, once. Raises InvalidFieldError (challenge_token) when
        it is not of this key, has expired, or was redeemed before.
        """
        try:
            signed = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        except ValueError:
            raise _refusal("is no challenge of this service") from None
        signature, body = signed[:_SIGNATURE_BYTES], signed[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(body)):
            raise _refusal("is no challenge of this service")
        content = json.loads(body)
        now = self.clock()
        if now > content["until"]:
            raise _refusal("has expired: start another challenge")
        with self._lock:
            for old in [nonce for nonce, until in self._redeemed.items() if until < now]:
                del self._redeemed[old]
            if content["nonce"] in self._redeemed:
                raise _refusal("was used before: start another challenge")
            self._redeemed[content["nonce"]] = content["until"]
        return tuple(Movement(movement) for movement in content["do"])

    def _signature(self, body: bytes) -> bytes:
        return hmac.new(self.key, body, hashlib.sha256).digest()


def _refusal(reason: str) -> InvalidFieldError:
    return InvalidFieldError(f"challenge_token {reason}.", field="challenge_token")
