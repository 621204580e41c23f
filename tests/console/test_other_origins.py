"""Pages of other origins that CORS_ORIGINS names: they may call, and may read every refusal."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.console.conftest import FLAGS, Playwright
from tests.gateway.conftest import SAMPLES
from tests.gateway.stack import Stack, running

MIB = 2**20
# Sends one request from the page and tells what the page could read of its answer.
ASK = """async ([url, verb, kind, size]) => {
  const photo = await (await fetch("/photo.jpg")).blob();
  const form = new FormData();
  form.append("image", photo, "photo.jpg");
  const bodies = {
    form,
    photo,
    large: new Blob(['{"image": "', "A".repeat(size), '"}'], {type: "application/json"}),
    none: undefined,
  };
  try {
    const answer = await fetch(url, {method: verb, body: bodies[kind]});
    return [answer.status, (await answer.json()).details?.[0]?.reason ?? ""];
  } catch (error) {
    return [0, String(error)];
  }
}"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@dataclass
class Elsewhere:
    """A page of another origin, and the service that lets it call."""

    page: Page
    stack: Stack

    def ask(self, verb: str, path: str, kind: str = "none", size: int = 0) -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.stack.rest.port}{path}"
        status, reason = self.page.evaluate(ASK, [url, verb, kind, size])
        return status, reason


@pytest.fixture(scope="module")
def elsewhere(
    playwright: Playwright, chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Elsewhere]:
    """A small web server, its page in a browser, and a service that names its origin."""
    folder: Path = tmp_path_factory.mktemp("elsewhere")
    (folder / "index.html").write_text("<!doctype html><link rel=icon href=data:,>")
    (folder / "photo.jpg").write_bytes((SAMPLES / "barack_obama/4.jpg").read_bytes())
    handler = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        origin = f"http://127.0.0.1:{server.server_port}"
        with running(folder / "service", CORS_ORIGINS=origin) as stack:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = browser.new_page()
            page.goto(origin)
            yield Elsewhere(page, stack)
            browser.close()
        server.shutdown()


def test_a_form_with_a_photo_is_answered(elsewhere: Elsewhere) -> None:
    """As a page's own FormData sends it."""
    assert elsewhere.ask("POST", "/embed", "form") == (200, "")


@pytest.mark.parametrize(
    ("verb", "path", "kind", "size", "expected"),
    [
        ("POST", "/compare", "photo", 0, (415, "MALFORMED_REQUEST")),
        ("POST", "/embed", "large", 33 * MIB, (413, "IMAGE_TOO_LARGE")),
        ("PUT", "/embed", "photo", 0, (405, "UNKNOWN_PATH")),
        ("GET", "/nope", "none", 0, (404, "UNKNOWN_PATH")),
        ("DELETE", "/enroll/anna?user_id=ben", "none", 0, (400, "MALFORMED_REQUEST")),
    ],
)
def test_a_refusal_can_be_read(
    elsewhere: Elsewhere, verb: str, path: str, kind: str, size: int, expected: tuple[int, str]
) -> None:
    """Status and reason, in place of a failed fetch."""
    assert elsewhere.ask(verb, path, kind, size) == expected
