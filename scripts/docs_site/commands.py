"""The command line as a page: what ``--help`` says of every command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from facesvc.cli import exits
from facesvc.cli.app import app

_CONNECTION = "Connection"


def commands_page() -> str:
    """Return the page."""
    lines = [
        "# Commands",
        "",
        "Written from the program's own help when this site is built;",
        "[Command line](../command-line.md) says what holds for all of them.",
        "",
        exits.HELP,
        "",
    ]
    shared: dict[str, Any] = {}
    for name, command in _commands("facesvc", typer.main.get_command(app)):
        shared |= {each.name: each for each in command.params if _is_connection(each)}
        lines += _command(name, command)
    lines += [
        "## Connection",
        "",
        "These stand before or after the name of each command that asks a service.",
        "",
        *_options(list(shared.values())),
    ]
    return "\n".join(lines)


def _commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield name, command
        return
    for word, child in children.items():
        if not child.hidden:
            yield from _commands(f"{name} {word}", child)


def _command(name: str, command: Any) -> list[str]:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [
        each
        for each in command.params
        if each.param_type_name == "option" and not _is_connection(each) and not each.hidden
    ]
    usage = " ".join([name, *command.collect_usage_pieces(typer.Context(command))])
    lines = [f"## {name}", "", "```", usage, "```", ""]
    lines += [_text(command.help or ""), ""]
    if arguments:
        lines += ["| argument | |", "|---|---|"]
        lines += [f"| `{a.metavar or a.name}` | {_text(a.help or '')} |" for a in arguments]
        lines.append("")
    return lines + _options(options)


def _options(options: list[Any]) -> list[str]:
    if not options:
        return []
    rows = [
        f"| {', '.join(f'`{flag}`' for flag in (*each.opts, *each.secondary_opts))} "
        f"| {_text(each.help or '')} |"
        for each in options
    ]
    return ["| option | |", "|---|---|", *rows, ""]


def _is_connection(parameter: Any) -> bool:
    return getattr(parameter, "rich_help_panel", None) == _CONNECTION


def _text(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("\b", "").split())
