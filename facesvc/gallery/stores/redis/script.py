"""Runs a Lua script by its digest, sending the text only when the server lacks it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import redis
from redis.exceptions import NoScriptError

Argument = bytes | str | int | float


class Script:
    """One script. ``run`` answers in one round trip once the server knows the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    def run(self, client: redis.Redis, keys: list[str], args: Sequence[Argument]) -> Any:
        """Return the script's answer. Raises what redis-py raises."""
        server: Any = client  # redis-py leaves execute_command untyped
        try:
            return server.execute_command("EVALSHA", self.digest, len(keys), *keys, *args)
        except NoScriptError:
            return server.execute_command("EVAL", self.text, len(keys), *keys, *args)
