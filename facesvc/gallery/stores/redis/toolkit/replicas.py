"""Waiting until replicas have what a script wrote, where the URL asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis
from redis.exceptions import NoScriptError

from facesvc.domain.gallery_errors import WriteUnreplicatedError
from facesvc.gallery.stores.redis.toolkit.script import Argument, Script

_LONGEST_S = 0.75  # the clients that read give an answer up after one


@dataclass(frozen=True)
class Replicas:
    """``count`` of them must have a write within ``wait_s``; 0 is none. The writes of users have
    their own way (writer.py), which sends many at once.
    """

    count: int = 0
    wait_s: float = 0.0

    def run(
        self,
        script: Script,
        client: redis.Redis,
        keys: Mapping[str, str],
        args: Mapping[str, Argument],
        rest: Sequence[Argument] = (),
    ) -> Any:
        """Return the script's answer, in one round trip once the server knows it. Raises
        RedisError; WriteUnreplicatedError for what is written and may be lost in a failover.
        """
        if not self.count:
            return script.run(client, keys, args, rest)
        # WAIT counts what its own connection wrote: both go in one pipeline.
        wait_ms = max(1, int(min(self.wait_s, _LONGEST_S) * 1000))
        pipe: Any = client.pipeline(transaction=False)  # execute_command is untyped
        pipe.execute_command("EVALSHA", *script.command(keys, args, rest))
        pipe.execute_command("WAIT", self.count, wait_ms)
        answer, reached = pipe.execute(raise_on_error=False)
        if isinstance(answer, NoScriptError):
            client.script_load(script.text)
            return self.run(script, client, keys, args, rest)
        for given in (answer, reached):
            if isinstance(given, Exception):
                raise given
        if reached < self.count:
            raise WriteUnreplicatedError
        return answer


NO_REPLICAS = Replicas()
