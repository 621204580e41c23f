"""The Lua that a gallery's own scripts may use, and the names that it asks of them."""

from __future__ import annotations

from pathlib import Path

LUA = Path(__file__).parent / "lua"

WRITE_RULES = LUA / "write_rules.lua"
WRITE_KEYS = ("meta", "receipt")
WRITE_ARGS = (
    "base",
    "nonce",
    "model",
    "receipt_s",
    "fingerprint",
    "event",
    "event_kind",
    "event_data",
    "events_kept",
)
EVENTS = LUA / "events.lua"  # what WRITE_RULES stands on; asks for base and events_kept
ENROLL_ARGS = (
    "user",
    "sample",
    "embedding",
    "quality",
    "name",
    "metadata",
    "mode",
    "expected",
    "most_samples",
    "sample_created",
    "user_created",
    "facts",
)
DELETE_ARGS = ("user", "expected")

EDIT_RULES = LUA / "edit_rules.lua"  # after a gallery's own edit_hooks.lua
# The scripts of edits by their files, and what they ask for beside WRITE_ARGS.
EDITS = {
    "update_user": ("user", "expected", "set_name", "name", "set_metadata", "metadata"),
    "delete_sample": ("user", "expected", "sample"),
    "merge_users": (
        "user",
        "expected",
        "source",
        "expected_source",
        "packed",
        "samples",
        "most_samples",
    ),
    "move_sample": (
        "user",
        "expected",
        "sample",
        "target",
        "create",
        "packed",
        "samples",
        "most_samples",
    ),
}

SAMPLES_OF = LUA / "samples_of.lua"  # asks for the argument base
