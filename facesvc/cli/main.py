"""The command line as a function and as a program."""

from __future__ import annotations

import sys

from facesvc.cli.app import app


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the process's exit status."""
    try:
        app(sys.argv[1:] if arguments is None else arguments, prog_name="facesvc")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def program() -> None:
    """Run the command line and end the process."""
    sys.exit(main())
