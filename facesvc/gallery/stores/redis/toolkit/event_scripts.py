"""The scripts on logs of events, and the names of their arguments."""

from __future__ import annotations

from facesvc.gallery.stores.redis.toolkit.libraries import EVENTS, LUA
from facesvc.gallery.stores.redis.toolkit.script import Script

APPEND = Script(
    LUA / "append_events.lua",
    keys=("meta",),
    args=("base", "events_kept", "epoch"),
    uses=(EVENTS,),
)
READ = Script(LUA / "read_events.lua", keys=("meta",), args=("base", "first", "count"))
TRIM = Script(LUA / "trim_events.lua", keys=("meta",), args=("base", "count", "before"))
HOLD = Script(LUA / "hold_lease.lua", keys=("lease",), args=("holder", "milliseconds"))
LET_GO = Script(LUA / "let_go_lease.lua", keys=("lease",), args=("holder",))
PUT_LETTER = Script(LUA / "put_letter.lua", keys=("letters", "order"), args=("number", "record"))
REWRITE = Script(LUA / "rewrite_events.lua", keys=("log",), args=("base",))
