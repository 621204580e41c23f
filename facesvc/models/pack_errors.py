"""What can be wrong with a model pack."""

from __future__ import annotations

from pathlib import Path

BUILD_COMMAND = "python -m facesvc.models_build build"
PREPARE_COMMAND = "python -m facesvc.models_build prepare"


class PackError(Exception):
    """A pack cannot be used; the text names the file, the reason and a way out.

    It ends the start of the service: nothing is served with half a pack.
    """


class NotPreparedError(PackError):
    """The pack lacks what is made before it is served; the text has the command that makes it."""

    def __init__(self, pack: Path | str, lacks: str) -> None:
        super().__init__(
            f"{pack} is not prepared: it lacks {lacks}. Run `{PREPARE_COMMAND} {pack}`."
        )
