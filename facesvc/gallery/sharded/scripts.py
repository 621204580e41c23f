"""The scripts that run inside each searching server, and the names of their arguments."""

from __future__ import annotations

from pathlib import Path

from facesvc.gallery.stores.redis.toolkit.libraries import (
    DELETE_ARGS,
    EDIT_RULES,
    EDITS,
    ENROLL_ARGS,
    EVENTS,
    LUA,
    SAMPLES_OF,
    WRITE_ARGS,
    WRITE_KEYS,
    WRITE_RULES,
)
from facesvc.gallery.stores.redis.toolkit.requests import WriteScripts
from facesvc.gallery.stores.redis.toolkit.script import Script

_LUA = Path(__file__).parent / "lua"
_SHARD, _WHERE = _LUA / "shard.lua", _LUA / "where.lua"
_WRITE_KEYS, _WRITE_ARGS = (*WRITE_KEYS, "shard"), (*WRITE_ARGS, "layout")
_WRITE_USES = (_SHARD, EVENTS, WRITE_RULES)
_READ_KEYS, _READ_ARGS = ("meta", "shard"), ("layout", "base", "model")
_READ_USES = (_SHARD, _LUA / "read.lua")


def _write(name: str, *args: str) -> Script:
    return Script(_LUA / name, keys=_WRITE_KEYS, args=(*_WRITE_ARGS, *args), uses=_WRITE_USES)


def _read(name: str, *args: str, uses: tuple[Path, ...] = ()) -> Script:
    return Script(
        _LUA / name, keys=_READ_KEYS, args=(*_READ_ARGS, *args), uses=(*_READ_USES, *uses)
    )


def _edit(file: Path, *args: str, keys: tuple[str, ...] = ()) -> Script:
    return Script(
        file,
        keys=(*_WRITE_KEYS, *keys),
        args=(*_WRITE_ARGS, *args),
        uses=(*_WRITE_USES, _LUA / "edit_hooks.lua", EDIT_RULES),
    )


WRITES = WriteScripts(
    enroll=_write("enroll.lua", *ENROLL_ARGS),
    delete=_write("delete.lua", *DELETE_ARGS),
    drop=_write("drop.lua"),
    edits={name: _edit(LUA / f"{name}.lua", *args) for name, args in EDITS.items()},
)
# The steps of an edit of two users on two servers; see transfers.py.
_TRANSFERS = ("transfers",)
LOOK = _edit(_LUA / "transfer_look.lua", "user")
HOLD = _edit(
    _LUA / "transfer_hold.lua",
    "user",
    "expected",
    "sample",
    "transfer",
    "record",
    keys=_TRANSFERS,
)
TAKE = _edit(
    _LUA / "transfer_take.lua",
    "user",
    "expected",
    "create",
    "transfer",
    "gen",
    "floor",
    "most_samples",
)
DECIDE = _edit(_LUA / "transfer_decide.lua", "transfer", "life_s")
END = _edit(
    _LUA / "transfer_end.lua", "transfer", "user", "gen", "samples", "done", keys=_TRANSFERS
)
STEPS = (LOOK, HOLD, TAKE, DECIDE, END)
SEARCH = _read("search.lua", "index", "vector", "count", "where", "metadata", uses=(_WHERE,))
MATCHING = _read("matching.lua", "after", "count", "where", uses=(_WHERE,))
USERS = _read("users.lua")
PAGE = _read("page.lua", "after", "count")
SAMPLES = _read("samples.lua", uses=(SAMPLES_OF,))
ADOPT = Script(_LUA / "adopt.lua", keys=("shard",), args=("layout",))
