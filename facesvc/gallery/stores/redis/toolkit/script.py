"""Lua scripts in files, whose keys and arguments have names.

A script's names are listed once, in Python. The Lua text gets them as the tables ``keys`` and
``args``, and what follows the named arguments as the list ``rest``, so that no file counts
arguments. Callers give the same names; a wrong or missing one is a TypeError before anything is
sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import redis
from redis.exceptions import NoScriptError

Argument = bytes | str | int | float


class Script:
    """One script: ``file`` after the files that it ``uses``, in order.

    ``run`` answers in one round trip once the server knows the text.
    """

    def __init__(
        self,
        file: Path,
        *,
        keys: Sequence[str],
        args: Sequence[str] = (),
        uses: Sequence[Path] = (),
    ) -> None:
        self.file = file
        self.keys = tuple(keys)
        self.args = tuple(args)
        bodies = [path.read_text() for path in (*uses, file)]
        self.text = "\n".join([_names(self.keys, self.args), *bodies])
        self.digest = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()

    def command(
        self,
        keys: Mapping[str, str],
        args: Mapping[str, Argument],
        rest: Sequence[Argument] = (),
    ) -> list[Argument]:
        """Return what follows EVALSHA. Raises TypeError unless exactly the listed names are
        given.
        """
        if keys.keys() != set(self.keys) or args.keys() != set(self.args):
            given = sorted({*keys, *args} ^ {*self.keys, *self.args})
            raise TypeError(f"{self.file.name} is given other names than it lists: {given}")
        named = [args[name] for name in self.args]
        declared = [keys[name] for name in self.keys]
        return [self.digest, len(declared), *declared, *named, *rest]

    def run(
        self,
        client: redis.Redis,
        keys: Mapping[str, str],
        args: Mapping[str, Argument],
        rest: Sequence[Argument] = (),
    ) -> Any:
        """Return the script's answer. Raises what redis-py raises."""
        server: Any = client  # redis-py leaves execute_command untyped
        digest, *following = self.command(keys, args, rest)
        try:
            return server.execute_command("EVALSHA", digest, *following)
        except NoScriptError:
            return server.execute_command("EVAL", self.text, *following)


def _names(keys: Sequence[str], args: Sequence[str]) -> str:
    named = ", ".join(f"{name} = KEYS[{at}]" for at, name in enumerate(keys, 1))
    given = ", ".join(f"{name} = ARGV[{at}]" for at, name in enumerate(args, 1))
    first = len(args) + 1
    return (
        f"local keys, args, rest = {{{named}}}, {{{given}}}, {{}}\n"
        f"for at = {first}, #ARGV do rest[at - {len(args)}] = ARGV[at] end"
    )
