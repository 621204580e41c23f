"""Generate the tables of calls in docs/calls.md and docs/access.md from the protos, and with the
recorded examples docs/rest.md and docs/grpc.md.

``--check`` fails when a committed table or page differs.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from generate_stubs import ROOT, lint_image
from google.protobuf.descriptor_pb2 import FileDescriptorSet

sys.path.insert(0, str(ROOT))  # run by path, a script sees its own folder only

from examples.pages import Shown, grpc_page, rest_page
from openapi.examples import all_examples

from facesvc.transport.contract import Method, methods
from facesvc.v1 import access_pb2

CALLS = ROOT / "docs" / "calls.md"
ACCESS = ROOT / "docs" / "access.md"
REST = ROOT / "docs" / "rest.md"
GRPC = ROOT / "docs" / "grpc.md"
# Numbers of descriptor.proto's fields: the path of a method's comment.
_SERVICE, _METHOD = 6, 2


@dataclass(frozen=True)
class Call:
    """A method and the first sentence of its comment."""

    method: Method
    does: str


def calls() -> list[Call]:
    """Return every call of the contract, in its order."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "protos.binpb"
        lint_image(image)
        files = FileDescriptorSet.FromString(image.read_bytes())
    comments = dict(_comments(files))
    return [
        Call(method, _first_sentence(method.name, comments[method.path])) for method in methods()
    ]


def _comments(files: FileDescriptorSet) -> Iterator[tuple[str, str]]:
    for file in files.file:
        for place in file.source_code_info.location:
            if len(place.path) == 4 and (place.path[0], place.path[2]) == (_SERVICE, _METHOD):
                service = file.service[place.path[1]]
                name = f"/{file.package}.{service.name}/{service.method[place.path[3]].name}"
                yield name, " ".join(place.leading_comments.split())


def _first_sentence(name: str, comment: str) -> str:
    sentence = re.split(r"(?<=[.]) ", comment, maxsplit=1)[0]
    return sentence.removeprefix(name).strip(" .")


def call_table(found: list[Call]) -> str:
    """Return the table of docs/calls.md."""
    rows = ["| call | REST | |", "|---|---|---|"]
    service = ""
    for call in found:
        method = call.method
        name = method.name
        if method.service != service:
            service = method.service
            name = f"{service.rpartition('.')[2]}.{name}"
        rows.append(f"| {name} | {method.rest or 'gRPC stream'} | {call.does} |")
    return "\n".join(rows)


def scope_table(found: list[Call]) -> str:
    """Return the table of docs/access.md."""
    rows = ["| scope | opens |", "|---|---|"]
    for scope in sorted(access_pb2.Scope.values(), key=lambda one: one == access_pb2.SCOPE_ADMIN):
        names = [call.method.name for call in found if call.method.access.scope == scope]
        if names:
            word = access_pb2.Scope.Name(scope).removeprefix("SCOPE_").lower()
            also = "all of these, and " if scope == access_pb2.SCOPE_ADMIN else ""
            word = "no key" if scope == access_pb2.SCOPE_PUBLIC else word
            rows.append(f"| {word} | {also}{', '.join(names)} |")
    return "\n".join(rows)


def with_table(text: str, table: str) -> str:
    """Return the page with the table between its marks."""
    begin, end = "<!-- calls: written by make proto -->\n", "\n<!-- end of calls -->"
    before, mark, rest = text.partition(begin)
    _, end_mark, after = rest.partition(end)
    if not mark or not end_mark:
        raise SystemExit(f"A page lacks the marks {begin.strip()} and {end.strip()}")
    return before + mark + table + end_mark + after


def pages(found: list[Call]) -> dict[Path, str]:
    """Return each page that is written whole."""
    shown = [
        Shown(
            call.method.name,
            call.method.service.rpartition(".")[2],
            call.method.rest or "",
            call.does,
        )
        for call in found
    ]
    return {
        REST: rest_page(shown, all_examples()),
        GRPC: grpc_page(shown, all_examples()),
    }


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when a table is stale")
    options = parser.parse_args()
    found = calls()
    fresh_pages = pages(found)
    for page, table in ((CALLS, call_table(found)), (ACCESS, scope_table(found))):
        fresh_pages[page] = with_table(page.read_text(encoding="utf-8"), table)
    for page, fresh in fresh_pages.items():
        if options.check and (not page.is_file() or page.read_text(encoding="utf-8") != fresh):
            sys.exit(f"Stale, run make proto: {page.relative_to(ROOT)}")
        page.write_text(fresh, encoding="utf-8")


if __name__ == "__main__":
    main()
