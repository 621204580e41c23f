"""The documentation's site in a real browser."""

from __future__ import annotations

import functools
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.console.conftest import FLAGS, PATIENCE_MS
from tests.gateway.stack import ROOT


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the site, as make docs builds it."""
    target = tmp_path_factory.mktemp("site") / "site"
    command = [sys.executable, str(ROOT / "scripts" / "build_docs.py"), str(target)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    handler = functools.partial(_Quiet, directory=str(target))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def page(playwright: Playwright, chromium: str) -> Iterator[Page]:
    """An empty page."""
    browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    browser.close()


def test_the_site_is_read_and_searched_without_asking_anybody_else(page: Page, site: str) -> None:
    """From the first page to the tutorial's picture, then to a setting by the search."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site)
    page.get_by_role("link", name="tutorial", exact=True).click()
    picture = page.get_by_role("img", name="A check-in")
    expect(picture).to_be_visible()
    assert picture.evaluate("img => img.decode().then(() => img.naturalWidth)") > 300
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Search").fill("CONNECTION_AGE_S")
    expect(page.get_by_role("option").filter(has_text="Settings").first).to_be_visible()
    assert [url for url in asked if not url.startswith((site, "blob:", "data:"))] == []


def test_the_references_are_written_from_the_code(page: Page, site: str) -> None:
    """A call with its messages, and a command with its options."""
    page.goto(f"{site}reference/contract/#enrollrequest")
    expect(page.locator("#enrollrequest")).to_be_in_viewport()
    expect(page.locator("#enrollrequest ~ div table").first).to_contain_text("user_id")
    page.goto(f"{site}reference/commands/#facesvc-checkin")
    expect(page.locator("#facesvc-checkin")).to_be_in_viewport()
    expect(page.locator("#facesvc-checkin ~ div table").nth(1)).to_contain_text("--skip-liveness")
