"""What a built site links to is there, and nothing in it asks another host."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Elements whose address a browser fetches by itself.
_FETCHED = {"img": "src", "script": "src", "iframe": "src", "source": "src"}
_RELATIONS = {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "dns-prefetch"}


class _Page(HTMLParser):
    """Collects a page's anchors, links, and what it fetches."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = {""}
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if given.get(_FETCHED.get(tag, "-")):
            self.fetched.append(given[_FETCHED[tag]])
        if tag == "link" and _RELATIONS & set(given.get("rel", "").split()):
            self.fetched.append(given.get("href", ""))


def problems_of(site: Path) -> list[str]:
    """Return what is wrong with the links of every page, a sentence each."""
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    return [problem for path in sorted(pages) for problem in _problems(site, path, pages)]


def _problems(site: Path, path: Path, pages: dict[Path, _Page]) -> Iterator[str]:
    page, name = pages[path], path.relative_to(site)
    for address in page.fetched:
        if urlsplit(address).scheme in ("http", "https") or address.startswith("//"):
            yield f"{name} fetches {address}"
    for address in (*page.links, *page.fetched):
        parts = urlsplit(address)
        if parts.scheme or parts.netloc or path.name == "404.html":
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        target = target / "index.html" if target.is_dir() else target
        if not target.is_file():
            yield f"{name} links to {address}, which is not there"
        elif target in pages and unquote(parts.fragment) not in pages[target].anchors:
            yield f"{name} links to {address}, where no such heading is"
