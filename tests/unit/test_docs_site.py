"""The documentation's site has every page, and links that lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.docs_site.check import problems_of
from scripts.docs_site.pages import (
    REPOSITORY,
    ROOT,
    DeadLinkError,
    page_names,
    tracked_files,
    with_links,
)

WRITTEN = {"reference/commands.md", "reference/contract.md"}  # by scripts/build_docs.py
TRACKED = {"README.md", "docs/a.md", "docs/deep/b.md", "docs/pictures/p.png", "gateway/envoy.yaml"}
PAGES = {"README.md": "index.md", "docs/a.md": "a.md", "docs/deep/b.md": "deep/b.md"}


def leaves(nav: Any) -> Iterator[str]:
    """Yield the pages that a navigation names."""
    if isinstance(nav, str):
        yield nav
    for each in nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ():
        yield from leaves(each)


def test_every_page_is_in_the_navigation_once() -> None:
    """A new page of docs/ needs a place in mkdocs.yml."""
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    assert sorted(leaves(nav)) == sorted({*page_names(tracked_files()).values(), *WRITTEN})


@pytest.mark.parametrize(
    ("source", "link", "becomes"),
    [
        ("README.md", "docs/a.md#part", "a.md#part"),
        ("docs/a.md", "../README.md", "index.md"),
        ("docs/a.md", "deep/b.md", "deep/b.md"),
        ("docs/deep/b.md", "../a.md", "../a.md"),
        ("docs/deep/b.md", "../pictures/p.png", "../pictures/p.png"),
        ("README.md", "docs/pictures/p.png", "pictures/p.png"),
        ("docs/a.md", "../gateway/envoy.yaml", f"{REPOSITORY}/blob/main/gateway/envoy.yaml"),
        ("docs/a.md", "../gateway/", f"{REPOSITORY}/tree/main/gateway"),
        ("docs/a.md", "#part", "#part"),
        ("docs/a.md", "https://example.org/x.md", "https://example.org/x.md"),
    ],
)
def test_a_link_of_the_repository_becomes_the_sites(source: str, link: str, becomes: str) -> None:
    """Pages and pictures lead into the site, other files to the repository."""
    assert with_links(f"[x]({link})", source, PAGES, TRACKED) == f"[x]({becomes})"


def test_a_link_that_leads_nowhere_is_refused_by_name() -> None:
    """A typing error is found when the site is built."""
    with pytest.raises(DeadLinkError, match=r"docs/a\.md links to gone\.md"):
        with_links("[x](gone.md)", "docs/a.md", PAGES, TRACKED)


def test_code_is_no_link() -> None:
    """Neither in a line nor in a block."""
    text = "`[x](gone.md)`\n\n```\n[x](gone.md)\n```\n"
    assert with_links(text, "docs/a.md", PAGES, TRACKED) == text


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ('<a href="other/">x</a>', ""),
        ('<a href="other/#part">x</a>', ""),
        ('<a href="https://example.org/">x</a>', ""),
        ('<a href="gone/">x</a>', "index.html links to gone/, which is not there"),
        (
            '<a href="other/#gone">x</a>',
            "index.html links to other/#gone, where no such heading is",
        ),
        ('<img src="gone.png">', "index.html links to gone.png, which is not there"),
        ('<img src="https://example.org/p.png">', "index.html fetches https://example.org/p.png"),
        ('<script src="//example.org/a.js"></script>', "index.html fetches //example.org/a.js"),
        (
            '<link rel="stylesheet" href="https://example.org/a.css">',
            "index.html fetches https://example.org/a.css",
        ),
    ],
)
def test_a_built_page_is_checked(tmp_path: Path, body: str, complaint: str) -> None:
    """Links lead somewhere, and a browser asks no other host."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "index.html").write_text('<h2 id="part">Part</h2>')
    (tmp_path / "index.html").write_text(body)
    assert problems_of(tmp_path) == ([complaint] if complaint else [])
