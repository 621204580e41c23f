"""The console in a real browser: Chromium by Playwright, with a camera that plays photos."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from gateway.pages import DIST
from harness.ports import free_ports
from tests.console.fake_camera import film
from tests.gateway.stack import ROOT, Stack, running

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# No sandbox, because root has none; the rest keeps Chromium from asking anybody else.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1360, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)
AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"

# Where the pictures of the documentation are made; elsewhere they only show a failure.
SCREENSHOTS = Path(os.environ.get("SCREENSHOTS") or ROOT / "build" / "screenshots")

Scene = tuple[str, float]
Shoot = Callable[[Page, str], None]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the system's Chromium; CHROMIUM names another one."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None and os.environ.get("BROWSER_REQUIRED"):
        pytest.fail("BROWSER_REQUIRED is set, but there is no Chromium")
    if found is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium, or set CHROMIUM")
    return found


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """What drives the browser; its event loop would be in the way of later tests' own."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole service, as make run starts it."""
    assert (DIST / "index.html").is_file(), "the console is not built: make console"
    (metrics,) = free_ports(1)
    with running(tmp_path_factory.mktemp("console"), METRICS_PORT=str(metrics)) as stack:
        yield stack


class Console:
    """Opens pages of one service and collects what went wrong in them."""

    def __init__(self, playwright: Playwright, chromium: str, folder: Path) -> None:
        self._playwright, self._chromium, self._folder = playwright, chromium, folder
        self.complaints: list[str] = []
        self.foreign: list[str] = []

    @contextmanager
    def open(
        self,
        stack: Stack,
        path: str = "/",
        *,
        camera: tuple[Scene, ...] = (),
        dark: bool = False,
        viewport: dict[str, int] | None = None,
    ) -> Iterator[Page]:
        """Open a page in a browser of its own."""
        flags = list(FLAGS)
        if camera:
            film_path = film(self._folder / "camera.mjpeg", *camera)
            flags += [
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={film_path}",
            ]
        browser: Browser = self._playwright.chromium.launch(
            executable_path=self._chromium, args=flags
        )
        try:
            context: BrowserContext = browser.new_context(
                viewport=viewport or DESKTOP,  # type: ignore[arg-type]
                color_scheme="dark" if dark else "light",
            )
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            origin = f"http://localhost:{stack.rest.port}"
            page.on("console", self._heard)
            page.on("pageerror", lambda error: self.complaints.append(str(error)))
            page.on("request", lambda request: self._asked(request.url, origin))
            page.goto(origin + path)
            yield page
        finally:
            browser.close()

    def _heard(self, message: object) -> None:
        kind, text = message.type, message.text  # type: ignore[attr-defined]
        if kind in ("error", "warning"):
            where = message.location.get("url", "")  # type: ignore[attr-defined]
            self.complaints.append(f"{kind}: {text} {where}")

    def _asked(self, url: str, origin: str) -> None:
        if not url.startswith((origin, "blob:", "data:")):
            self.foreign.append(url)


@pytest.fixture
def console(playwright: Playwright, chromium: str, tmp_path: Path) -> Iterator[Console]:
    """A browser; the test fails when a page complained or asked another host."""
    console = Console(playwright, chromium, tmp_path)
    yield console
    assert console.complaints == []
    assert console.foreign == []


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Fail when axe finds anything serious or critical on a page."""
    script = AXE.read_text()

    def check(page: Page) -> None:
        page.evaluate(script)
        found = page.evaluate("axe.run({resultTypes: ['violations']})")
        bad = [
            f"{rule['id']}: {node['html'][:160]} {node['failureSummary']}"
            for rule in found["violations"]
            if rule["impact"] in ("serious", "critical")
            for node in rule["nodes"]
        ]
        assert not bad, "\n".join(bad)

    return check


@pytest.fixture
def shoot() -> Shoot:
    """Take a picture of a page, as the documentation shows it."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def take(page: Page, name: str) -> None:
        page.evaluate("document.fonts.ready")
        page.mouse.move(0, 0)
        picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
        picture.save(SCREENSHOTS / f"{name}.webp", quality=88, method=6)

    return take
