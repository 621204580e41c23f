"""Answers on the terminal: tables for people, or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from google.protobuf.json_format import MessageToDict, MessageToJson
from google.protobuf.message import Message
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

_KEPT = "\n\t\u200c\u200d"  # the last two join letters in Persian and Indic names
_UNBOUNDED_COLUMNS = 10_000  # of a pipe or a file: nothing is broken into lines


class Output:
    """Writes answers to stdout; progress and errors go to stderr."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def json(self, value: Any) -> None:
        """Write one JSON value, over several lines when a person reads it."""
        indent = 2 if sys.stdout.isatty() else None
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=indent) + "\n")
        sys.stdout.flush()

    def json_line(self, value: Any) -> None:
        """Write one JSON value of many, on a line of its own."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def line(self, text: str) -> None:
        """Write one line of text."""
        sys.stdout.write(printable(text) + "\n")
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """Tell the person something beside the answer."""
        sys.stderr.write(printable(text) + "\n")

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Write a table."""
        table = Table(*columns, box=None, pad_edge=False, header_style="bold")
        for row in rows:
            table.add_row(*(cell(value) for value in row))
        _show(table)

    def fields(self, fields: Iterable[tuple[str, object]]) -> None:
        """Write names and values, one pair a line; an empty value is left out."""
        table = Table.grid(padding=(0, 2))
        table.add_column(style="bold")
        for name, value in fields:
            if value not in (None, ""):
                table.add_row(name, cell(value))
        _show(table)

    @contextmanager
    def progress(self, what: str, total: float | None) -> Iterator[Progress]:
        """Show a bar while a terminal watches; its one task is number 0."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        console = Console(stderr=True, highlight=False)
        with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
            bar.add_task(what, total=total, visible=console.is_terminal)
            yield bar


def as_dict(message: Message) -> dict[str, Any]:
    """Return a message with the names and values that REST has, numbers without a value, too."""
    value: dict[str, Any] = MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return value


def json_of(message: Message) -> str:
    """Return free JSON, such as metadata, on one line; "" for none."""
    return MessageToJson(message, indent=None, ensure_ascii=False) if message.ByteSize() else ""


def cell(value: object) -> str:
    """Return a value as a table shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}"
    return printable(str(value))


def printable(text: str) -> str:
    """Replace what would steer the terminal: names come from whoever enrolled."""
    return "".join(char if char.isprintable() or char in _KEPT else "\ufffd" for char in text)


def _show(table: Table) -> None:
    width = None if sys.stdout.isatty() else _UNBOUNDED_COLUMNS
    console = Console(markup=False, highlight=False, emoji=False, width=width)
    with console.capture() as written:
        console.print(table)
    sys.stdout.write("".join(line.rstrip() + "\n" for line in written.get().splitlines()))
    sys.stdout.flush()
