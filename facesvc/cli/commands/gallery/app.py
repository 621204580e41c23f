"""The names of the gallery's commands."""

from __future__ import annotations

import typer

from facesvc.cli.command import connected
from facesvc.cli.commands.gallery import alias, collections, delete, edit, people, reembed
from facesvc.cli.exits import HELP

app = typer.Typer(help="Look after who is enrolled.", no_args_is_help=True)
app.command("list", epilog=HELP)(connected(people.list_people))
app.command("show", epilog=HELP)(connected(people.show))
app.command("edit", epilog=HELP)(connected(edit.edit))
app.command("merge", epilog=HELP)(connected(edit.merge))
app.command("delete-sample", epilog=HELP)(connected(edit.delete_sample))
app.command("move-sample", epilog=HELP)(connected(edit.move_sample))
app.command("delete", epilog=HELP)(connected(delete.delete))
app.command("collections", epilog=HELP)(connected(collections.list_collections))
app.command("drop", epilog=HELP)(connected(collections.drop))
app.command("alias", epilog=HELP)(connected(alias.alias))
app.command("erase", epilog=HELP)(connected(delete.erase))
app.command("reembed", epilog=HELP)(connected(reembed.reembed))
