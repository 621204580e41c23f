"""``facesvc eval PHOTOS`` measures, ``facesvc eval calibrate PHOTOS`` calibrates."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from facesvc.cli.command import alone
from facesvc.cli.commands.calibrate import calibrate
from facesvc.cli.commands.evaluate import evaluate
from facesvc.cli.exits import HELP

_DEFAULT = "photos"
_HELP = ("-h", "--help")


class _MeasuresByDefault(TyperGroup):
    """A group whose first word, where it names no command, is the photos to be measured."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *_HELP):
            args = [_DEFAULT, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_MeasuresByDefault,
    no_args_is_help=True,
    help="Measure recognition on your own labelled photos: facesvc eval PHOTOS.",
)
app.command(_DEFAULT, epilog=HELP)(alone(evaluate))
app.command("calibrate", epilog=HELP)(alone(calibrate))
