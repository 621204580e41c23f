"""The settings of a collection in the console."""

from __future__ import annotations

import json
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.console.conftest import Console
from tests.console.people import enrol
from tests.console.test_people import OBAMA, use_collection
from tests.gateway.stack import Stack


def test_settings_are_shown_changed_and_taken_back(
    console: Console, service: Stack, accessible: Callable[[Page], None]
) -> None:
    """What was saved holds, and is there when opened again; what is emptied is the default."""
    enrol(service.rest, "barack_obama", OBAMA, "door")
    with console.open(service, "/#/gallery") as page:
        use_collection(page, "door")
        page.get_by_role("button", name="Settings").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_label("What holds now")).to_contain_text("from 0.450, the server's")
        accessible(page)
        dialog.get_by_label("Description").fill("Main entrance")
        dialog.get_by_label("Match threshold").fill("0.6")
        dialog.get_by_label("Most people").fill("20")
        dialog.get_by_label("Days unseen").fill("365")
        expect(dialog.get_by_text("for 365 days is deleted for good")).to_be_visible()
        dialog.get_by_role("button", name="Save").click()
        expect(page.locator(".receipt")).to_contain_text(
            "The settings of door are saved, version 1"
        )
        stored = service.rest.get("/collections/door").body
        assert stored["settings"]["description"] == "Main entrance"
        assert round(stored["settings"]["match_threshold"], 6) == 0.6
        assert (stored["settings"]["max_users"], stored["settings"]["retention_days"]) == (20, 365)

        page.get_by_role("button", name="Settings").click()
        expect(dialog.get_by_label("What holds now")).to_contain_text("from 0.600, of this coll")
        expect(dialog.get_by_label("Match threshold")).to_have_value("0.6")
        dialog.get_by_label("Match threshold").fill("")
        dialog.get_by_label("Days unseen").fill("")
        dialog.get_by_role("button", name="Save").click()
        expect(page.locator(".receipt")).to_contain_text("version 2")
    stored = service.rest.get("/collections/door").body
    assert stored["settings"] == {"description": "Main entrance", "max_users": 20}


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    console: Console, service: Stack
) -> None:
    """A collection that is new gets its settings; a second editor is told."""
    with console.open(service, "/#/gallery") as page:
        use_collection(page, "new-door")
        page.get_by_role("button", name="Settings").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Description").fill("Mine")
        expect(dialog.get_by_role("button", name="Save")).to_be_enabled()
        theirs = json.dumps({"settings": {"description": "Theirs"}}).encode()
        kind = {"content-type": "application/json"}
        assert service.rest.call("PUT", "/collections/new-door", theirs, kind).status == 200
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.get_by_text("The collection's settings changed")).to_be_visible()
    stored = service.rest.get("/collections/new-door").body
    assert stored["settings"] == {"description": "Theirs"}
