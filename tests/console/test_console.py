"""What holds for every page of the console."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import PHONE, Console, Shoot
from tests.console.people import enrol
from tests.gateway.conftest import SAMPLES
from tests.gateway.stack import ROOT, Stack, running

PAGES = ["Check in", "Enrol", "Gallery", "Roll call", "Compare", "Events", "Health"]
CALIBRATIONS = ROOT / "facesvc" / "models" / "calibrations"
PHOTO = (SAMPLES / "barack_obama/1.jpg").read_bytes()
Accessible = Callable[[Page], None]


@pytest.fixture(scope="module")
def staffed(service: Stack) -> Stack:
    """A gallery with somebody in it."""
    fields = {"metadata": {"department": "Engineering", "badge": 42}}
    enrol(service.rest, "barack_obama", "barack_obama/4.jpg", "default", **fields)
    enrol(service.rest, "jacinda_ardern", "jacinda_ardern/2.jpg", "default", **fields)
    return service


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(
    console: Console, staffed: Stack, accessible: Accessible, shoot: Shoot, dark: bool
) -> None:
    """Names, roles, contrast, in both schemes; dialogs and results as well."""
    with console.open(staffed, dark=dark) as page:
        for name in PAGES:
            page.get_by_role("link", name=name, exact=True).click()
            expect(page.get_by_role("heading", level=1)).to_contain_text(name)
            page.wait_for_load_state("networkidle")
            accessible(page)
            if name == "Health":
                expect(page.get_by_role("heading", name="Latency")).to_be_visible()
                accessible(page)
            if name == "Health" and dark:
                for _ in range(12):
                    assert staffed.rest.post_photo("/photos/checkin", PHOTO).status == 200
                    page.wait_for_timeout(400)
                expect(page.locator("figure").filter(has_text="Latency")).to_contain_text(
                    re.compile(r"median \d+ ms")
                )
                shoot(page, "console-health")
        page.get_by_role("link", name="Gallery", exact=True).click()
        page.get_by_role("button", name="Jacinda Ardern").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("button", name="Delete sample 1")).to_be_visible()
        accessible(page)
        dialog.get_by_role("button", name="Move sample 1").click()
        accessible(page)
        for change in ("Edit …", "Merge …"):
            dialog.get_by_role("button", name=change).click()
            accessible(page)
            dialog.get_by_role("button", name="Cancel").click()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_what_the_service_answers_is_accessible_too(
    console: Console, staffed: Stack, accessible: Accessible, shoot: Shoot, dark: bool
) -> None:
    """A decision, a comparison, and a face that was looked at."""
    with console.open(staffed, dark=dark) as page:
        choose(page, "Choose a photo", SAMPLES / "emmanuel_macron/2.jpg")
        expect(page.get_by_label("Decision").locator(".title")).to_have_text("No match")
        accessible(page)
        page.get_by_role("link", name="Compare", exact=True).click()
        choose(page, "Choose the first photo", SAMPLES / "barack_obama/4.jpg")
        choose(page, "Choose the second photo", SAMPLES / "barack_obama/1.jpg")
        expect(page.get_by_text("The same person")).to_be_visible()
        expect(
            page.get_by_text(re.compile(r"\d+ % of their pairs are less similar"))
        ).to_be_visible()
        expect(page.locator("svg path.genuine")).to_be_visible()
        expect(page.locator("svg path.impostors")).to_be_visible()
        if not dark:
            page.evaluate("scrollTo(0, 0)")
            shoot(page, "console-compare")
        accessible(page)
        page.get_by_role("tab", name="One photo").click()
        choose(page, "Choose a photo", SAMPLES / "emmanuel_macron/2.jpg")
        expect(page.get_by_role("heading", name="Liveness checks")).to_be_visible()
        accessible(page)
        if dark:
            shoot(page, "console-analyze")


def choose(page: Page, button: str, *photos: Path) -> None:
    """Choose files with a button."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=button).click()
    chooser.value.set_files(list(photos))


def test_every_page_fits_a_phone(
    console: Console, staffed: Stack, accessible: Accessible, shoot: Shoot
) -> None:
    """No sideways scrolling, and the navigation is at hand."""
    with console.open(staffed, viewport=PHONE) as page:
        for name in PAGES:
            page.get_by_role("link", name=name, exact=True).click()
            expect(page.get_by_role("heading", level=1)).to_contain_text(name)
            page.wait_for_load_state("networkidle")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= PHONE["width"], f"{name} is {width} px wide"
        accessible(page)
        page.get_by_role("link", name="Gallery", exact=True).click()
        expect(page.locator(".people li")).to_have_count(2)
        shoot(page, "console-phone")


def test_the_keyboard_reaches_everything(console: Console, staffed: Stack) -> None:
    """Skip link, navigation, a person's dialog and back, without a mouse."""
    with console.open(staffed) as page:
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to the page")).to_be_focused()
        for _ in range(4):
            page.keyboard.press("Tab")
        gallery = page.get_by_role("link", name="Gallery", exact=True)
        expect(gallery).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("main")).to_be_focused()
        page.get_by_role("searchbox").press("Tab")
        expect(page.get_by_label("Metadata is")).to_be_focused()
        for _ in range(2):  # over the filter's button to the first person
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_with_api_keys_the_console_asks_for_one_and_forgets_it(
    console: Console, chromium: str, tmp_path: Path
) -> None:
    """A wrong key is said to be wrong; the right one is kept in memory only."""
    key = "fsk_" + secrets.token_hex(32)
    digest = hashlib.sha256(key.encode()).hexdigest()
    keys = tmp_path / "keys.toml"
    keys.write_text(
        f'[[keys]]\nname = "desk"\nsha256 = "{digest}"\nscopes = ["search", "enroll"]\n'
    )
    with (
        running(tmp_path / "keyed", API_KEYS_FILE=str(keys)) as stack,
        console.open(stack) as page,
    ):
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Key").fill("fsk_wrong")
        dialog.get_by_role("button", name="Use this key").click()
        expect(dialog.get_by_text("The service does not know this key.")).to_be_visible()
        dialog.get_by_label("Key").fill(key)
        dialog.get_by_role("button", name="Use this key").click()
        expect(dialog).to_have_count(0)
        page.get_by_role("link", name="Gallery", exact=True).click()
        expect(page.get_by_text("Nobody is enrolled in default")).to_be_visible()
        page.get_by_role("link", name="Health", exact=True).click()
        page.get_by_role("button", name="Try this key").click()
        rows = page.get_by_role("region", name="Table of scopes").get_by_role("row")
        for scope, state, call in (
            ("no key", "open", "GetHealth"),
            ("analyze", "closed", "Embed"),
            ("search", "open", "CheckIn"),
            ("enroll", "open", "MergeUsers"),
            ("events", "closed", "ListEvents"),
            ("admin", "closed", "ExportGallery"),
        ):
            row = rows.filter(has=page.get_by_role("rowheader", name=scope, exact=True))
            expect(row.get_by_role("cell").last).to_have_text(state)
            expect(row).to_contain_text(call)
        page.get_by_role("link", name="Gallery", exact=True).click()
        stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        assert key not in stored
        assert page.context.cookies() == []
        page.reload()
        expect(page.get_by_role("dialog")).to_be_visible()


def test_a_comparison_stands_beside_how_similar_strangers_are(
    console: Console, chromium: str, tmp_path: Path
) -> None:
    """The hill of the pack's own calibration, and the chance of a pair as similar. A pack whose
    calibration has no pairs of one person shows the one hill.
    """
    pack = tmp_path / "models" / "compact-single"
    shutil.copytree(ROOT / "models" / "compact-single", pack)
    calibration = json.loads((CALIBRATIONS / "compact-single.json").read_text())
    del calibration["genuine"]
    (pack / "calibration.json").write_text(json.dumps(calibration))
    settings = {"MODEL_PACK": str(pack), "METRICS_PORT": "0"}
    with running(tmp_path / "single", **settings) as stack, console.open(stack) as page:
        page.get_by_role("link", name="Compare", exact=True).click()
        choose(page, "Choose the first photo", SAMPLES / "barack_obama/4.jpg")
        choose(page, "Choose the second photo", SAMPLES / "barack_obama/1.jpg")
        expect(page.locator("path.impostors")).to_have_count(1)
        expect(page.get_by_text("pairs of them is at least as similar")).to_be_visible()
        expect(page.locator("path.genuine")).to_have_count(0)
        choose(page, "Choose the second photo", SAMPLES / "emmanuel_macron/2.jpg")
        expect(page.get_by_text("Different people", exact=True)).to_be_visible()
