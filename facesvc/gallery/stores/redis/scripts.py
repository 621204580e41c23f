"""The store's Lua scripts and the names of their arguments."""

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
_KEYS, _ARGS = (*WRITE_KEYS, "log"), (*WRITE_ARGS, "log_length")
_USES = (EVENTS, WRITE_RULES, _LUA / "log.lua")

WRITES = WriteScripts(
    enroll=Script(_LUA / "enroll.lua", keys=_KEYS, args=(*_ARGS, *ENROLL_ARGS), uses=_USES),
    delete=Script(_LUA / "delete.lua", keys=_KEYS, args=(*_ARGS, *DELETE_ARGS), uses=_USES),
    drop=Script(_LUA / "drop.lua", keys=_KEYS, args=_ARGS, uses=_USES),
    edits={
        name: Script(
            LUA / f"{name}.lua",
            keys=_KEYS,
            args=(*_ARGS, *args),
            uses=(*_USES, _LUA / "edit_hooks.lua", EDIT_RULES),
        )
        for name, args in EDITS.items()
    },
)
LOAD = Script(_LUA / "load.lua", keys=("users", "meta"), args=("base", "gen", "cursor", "count"))
FETCH = Script(_LUA / "fetch.lua", keys=("meta",), args=("base",))
SAMPLES = Script(_LUA / "samples.lua", keys=("meta",), args=("base",), uses=(SAMPLES_OF,))
RESEAL = Script(_LUA / "reseal.lua", keys=("record",))
