"""The command line's tree: one line a command, each in a file of its own."""

from __future__ import annotations

from typing import Any

import typer

from facesvc.cli import exits
from facesvc.cli.command import alone, connected, given_before, root_options
from facesvc.cli.commands import collections, events, keys, models
from facesvc.cli.commands.analyze import analyze
from facesvc.cli.commands.audit import audit
from facesvc.cli.commands.backup import backup
from facesvc.cli.commands.challenge import challenge
from facesvc.cli.commands.checkin import checkin
from facesvc.cli.commands.compare import compare
from facesvc.cli.commands.doctor import doctor
from facesvc.cli.commands.embed import embed
from facesvc.cli.commands.enroll import enroll
from facesvc.cli.commands.evaluation import app as evaluation
from facesvc.cli.commands.gallery.app import app as gallery
from facesvc.cli.commands.health import health
from facesvc.cli.commands.identify import identify
from facesvc.cli.commands.liveness import liveness
from facesvc.cli.commands.search import search
from facesvc.cli.commands.serve import serve, up
from facesvc.cli.commands.transfer import export_gallery, import_gallery
from facesvc.cli.commands.verify import verify
from facesvc.cli.commands.watch import watch

app = typer.Typer(
    name="facesvc",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=exits.HELP,
)
_RUN, _ASK, _GALLERY = "Run", "Ask about photos", "Gallery"


@app.callback()
@root_options
def root(context: typer.Context, version: bool, **given: Any) -> None:  # noqa: ARG001 - is told
    """Face recognition as a service: run it, ask it, look after its gallery."""
    given_before(context, **given)


for name, run, panel in (
    ("serve", alone(serve), _RUN),
    ("up", alone(up), _RUN),
    ("health", connected(health), _RUN),
    ("search", connected(search), _ASK),
    ("verify", connected(verify), _ASK),
    ("compare", connected(compare), _ASK),
    ("analyze", connected(analyze), _ASK),
    ("embed", connected(embed), _ASK),
    ("liveness", connected(liveness), _ASK),
    ("checkin", connected(checkin), _ASK),
    ("challenge", connected(challenge), _ASK),
    ("identify", connected(identify), _ASK),
    ("watch", connected(watch), _ASK),
    ("enroll", connected(enroll), _GALLERY),
    ("doctor", connected(doctor), _GALLERY),
    ("export", connected(export_gallery), _GALLERY),
    ("import", connected(import_gallery), _GALLERY),
    ("backup", alone(backup), _GALLERY),
    ("audit", alone(audit), _GALLERY),
):
    app.command(name, rich_help_panel=panel, epilog=exits.HELP)(run)
app.add_typer(evaluation, name="eval", rich_help_panel=_ASK)
app.add_typer(models.app, name="models", rich_help_panel=_RUN)
app.add_typer(keys.app, name="keys", rich_help_panel=_RUN)
app.add_typer(collections.app, name="collections", rich_help_panel=_GALLERY)
app.add_typer(events.app, name="events", rich_help_panel=_GALLERY)
app.add_typer(gallery, name="gallery", rich_help_panel=_GALLERY)
app.command("key", hidden=True, epilog=exits.HELP)(keys.key)
