"""``facesvc keys``: who may call, in API_KEYS_FILE; and ``facesvc key``, which only prints."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from facesvc.cli.command import alone
from facesvc.cli.errors import UsageError
from facesvc.cli.exits import HELP
from facesvc.cli.key_file import add_entry, remove_entry
from facesvc.cli.output import Output
from facesvc.domain.access import Scope
from facesvc.transport.authentication.api_keys import make_api_key, read_api_keys

app = typer.Typer(help="Give out API keys and take them back.", no_args_is_help=True)

File = Annotated[Path | None, typer.Option(help="File of the keys' hashes; else API_KEYS_FILE.")]
Name = Annotated[str, typer.Argument(help="Whose it is; stands in the log.")]
Scopes = Annotated[list[Scope], typer.Option("--scope", help="What it opens; may be repeated.")]
Collections = Annotated[
    list[str] | None,
    typer.Option("--collection", help="Bind it to this one; may be repeated."),
]


@app.command("add", epilog=HELP)
@alone
def add(
    out: Output, name: Name, scope: Scopes, collection: Collections = None, file: File = None
) -> int:
    """Make a key and write its hash into the file; the key itself is shown this once."""
    path = _file(file)
    key, entry = make_api_key(name, [str(each) for each in scope], collection or [])
    add_entry(path, entry)
    if out.as_json:
        out.json({"name": name, "key": key, "file": str(path)})
    else:
        out.note(f"{path} takes effect within seconds. The key, which is shown this once:")
        out.line(key)
    return 0


@app.command("list", epilog=HELP)
@alone
def list_keys(out: Output, file: File = None) -> int:
    """List whose keys there are and what they open; nobody can list the keys."""
    callers = sorted(read_api_keys(_file(file)).all, key=lambda each: each.name)
    rows = [
        (each.name, sorted(map(str, each.scopes)), sorted(each.collections or []))
        for each in callers
    ]
    if out.as_json:
        out.json([dict(zip(("name", "scopes", "collections"), row, strict=True)) for row in rows])
    else:
        shown = [(name, ", ".join(opens), ", ".join(where) or "all") for name, opens, where in rows]
        out.table(["name", "scopes", "collections"], shown)
    return 0


@app.command("revoke", epilog=HELP)
@alone
def revoke(out: Output, name: Name, file: File = None) -> int:
    """Take a key's entry out of the file; calls with it are refused within seconds."""
    path = _file(file)
    remove_entry(path, name)
    if out.as_json:
        out.json({"name": name, "file": str(path), "revoked": True})
    else:
        out.line(f"{name}: revoked in {path}")
    return 0


@alone
def key(out: Output, name: Name, scope: Scopes, collection: Collections = None) -> int:
    """Make an API key: the key to stderr, its entry for API_KEYS_FILE to stdout."""
    made, entry = make_api_key(name, [str(each) for each in scope], collection or [])
    if out.as_json:
        out.json({"name": name, "key": made, "entry": entry})
    else:
        out.note(f"The key, which is shown this once: {made}")
        out.line(entry.rstrip("\n"))
    return 0


def _file(given: Path | None) -> Path:
    path = given or os.environ.get("API_KEYS_FILE")
    if not path:
        raise UsageError("Name the file of the keys with --file or API_KEYS_FILE.")
    return Path(path)
