"""Which file of the repository becomes which page, and where its links lead there."""

from __future__ import annotations

import posixpath
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# As the Go module's path says; files that are no pages are linked there.
REPOSITORY = "https://github.com/facesvc/facesvc"
OUTSIDE_DOCS = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "gateway/README.md": "gateway.md",
    "examples/README.md": "examples.md",
    "examples/pgvector/README.md": "pgvector.md",
    "clients/go/README.md": "clients/go.md",
    "clients/python/README.md": "clients/python.md",
    "clients/typescript/README.md": "clients/typescript.md",
    "benchmarks/README.md": "benchmarks.md",
    "tests/faults/README.md": "fault-tests.md",
}
_LINK = re.compile(r"(!?\[[^\]]*\])\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)


class DeadLinkError(Exception):
    """A page links to what is not there; the message names both."""


def tracked_files() -> set[str]:
    """Return every file of the repository, by its path in it."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name for name in listed.stdout.splitlines() if (ROOT / name).is_file()}


def page_names(tracked: Iterable[str]) -> dict[str, str]:
    """Return each page's path in the site, by its path in the repository."""
    own = {name: name.removeprefix("docs/") for name in tracked if _is_page(name)}
    return own | OUTSIDE_DOCS


def _is_page(name: str) -> bool:
    return name.startswith("docs/") and name.endswith(".md")


def with_links(text: str, source: str, pages: dict[str, str], tracked: set[str]) -> str:
    """Return a page with its links as the site has them. Raises DeadLinkError.

    Code between backticks stays as it is.
    """
    here = pages[source]

    def moved(match: re.Match[str]) -> str:
        return f"{match[1]}({_target(match[2], source, here, pages, tracked)})"

    parts: list[str] = []
    end = 0
    for code in _CODE.finditer(text):
        parts += [_LINK.sub(moved, text[end : code.start()]), code.group()]
        end = code.end()
    return "".join([*parts, _LINK.sub(moved, text[end:])])


def _target(link: str, source: str, here: str, pages: dict[str, str], tracked: set[str]) -> str:
    path, mark, heading = link.partition("#")
    if "://" in link or not path:
        return link
    named = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    readme = f"{named}/README.md"
    page = pages.get(named) or pages.get(readme)
    if page:
        return posixpath.relpath(page, posixpath.dirname(here) or ".") + mark + heading
    if named in tracked:
        if named.startswith("docs/"):
            place = named.removeprefix("docs/")
            return posixpath.relpath(place, posixpath.dirname(here) or ".")
        return f"{REPOSITORY}/blob/main/{named}{mark}{heading}"
    if any(name.startswith(f"{named}/") for name in tracked):
        return f"{REPOSITORY}/tree/main/{named}"
    raise DeadLinkError(f"{source} links to {link}, which is not there")
