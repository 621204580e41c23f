"""The exit statuses of every command."""

from __future__ import annotations

DONE = 0
FAILED = 1
USAGE = 2  # typer's own, for a command line that cannot be parsed
SOME_NOT = 3
ANSWER_IS_NO = 4
INTERRUPTED = 130

HELP = (
    "Exit status: 0 done, 1 failed, 2 wrong usage or setting, 3 done but for what is named,"
    " 4 the answer is no, 130 interrupted."
)
