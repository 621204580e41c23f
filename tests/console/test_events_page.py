"""The console's events, and its filters by metadata, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import PHONE, Console, Shoot
from tests.console.people import enrol, group_photo
from tests.gateway.conftest import SAMPLES
from tests.gateway.stack import Stack, running

Accessible = Callable[[Page], None]
FLOORS = {"barack_obama": 3, "jacinda_ardern": 3, "joe_biden": 4}


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A service that keeps events: three people, one check-in, one who is gone, and another
    collection.
    """
    with running(tmp_path_factory.mktemp("events"), EVENTS="true") as stack:
        for user_id, floor in FLOORS.items():
            metadata = {"floor": floor, "department": "Engineering"}
            enrol(stack.rest, user_id, f"{user_id}/1.jpg", "default", metadata=metadata)
        photo = (SAMPLES / "barack_obama/2.jpg").read_bytes()
        assert stack.rest.post_photo("/photos/checkin", photo).status == 200
        enrol(stack.rest, "rishi_sunak", "rishi_sunak/1.jpg", "default")
        assert stack.rest.call("DELETE", "/enroll/rishi_sunak").status == 200
        enrol(stack.rest, "emmanuel_macron", "emmanuel_macron/1.jpg", "visitors")
        yield stack


def rows(page: Page) -> list[str]:
    """Return what is told, the newest first, and of whom."""
    items = page.get_by_role("list", name="Events").get_by_role("listitem")
    return [item.locator(".tag").inner_text() for item in items.all()]


def test_events_are_told_filtered_and_come_by_themselves(
    console: Console, eventful: Stack, accessible: Accessible, shoot: Shoot
) -> None:
    """By kind, person, period and collection; what happens meanwhile appears while it is live."""
    with console.open(eventful, "/#/events") as page:
        status = page.get_by_role("status")
        expect(status).to_have_text("6 events")
        assert rows(page) == [
            "Deleted",
            "Enrolled",
            rows(page)[2],
            "Enrolled",
            "Enrolled",
            "Enrolled",
        ]
        assert rows(page)[2].startswith("Check-in: ")
        accessible(page)
        shoot(page, "console-events")
        gone = page.get_by_role("listitem").filter(has_text="Deleted")
        expect(gone.get_by_role("link")).to_have_count(0)
        page.get_by_label("What").select_option("Check-ins")
        expect(status).to_have_text("1 event")
        page.get_by_label("What").select_option("Enrolments")
        expect(status).to_have_text("4 events")
        page.get_by_label("User id").fill("JOE")
        expect(status).to_have_text("1 of 4 events")
        page.get_by_label("User id").fill("nobody")
        expect(page.get_by_text("No event is like this.")).to_be_visible()
        page.get_by_label("User id").fill("")
        page.get_by_label("When").select_option("In the last hour")
        expect(status).to_have_text("4 events")
        page.get_by_label("All collections").check()
        expect(status).to_have_text("5 events")
        enrol(eventful.rest, "emmanuel_macron", "emmanuel_macron/2.jpg", "visitors")
        expect(status).to_have_text("6 events")
        page.get_by_label("Live").uncheck()
        enrol(eventful.rest, "emmanuel_macron", "emmanuel_macron/1.jpg", "visitors")
        page.wait_for_timeout(3000)
        expect(status).to_have_text("6 events")
        page.get_by_label("Live").check()
        expect(status).to_have_text("7 events")
        accessible(page)


def test_person_of_an_event_is_a_link_away(console: Console, eventful: Stack) -> None:
    """By the keyboard, in the collection that the event is of; back, and forward to nobody."""
    with console.open(eventful, "/#/events") as page:
        page.get_by_label("All collections").check()
        page.get_by_role("link", name="emmanuel_macron").first.focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Emmanuel Macron")
        expect(page.get_by_role("combobox", name="Collection")).to_have_value("visitors")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        assert page.evaluate("location.hash") == "#/gallery"
        page.goto(page.url.split("#")[0] + "#/gallery/rishi_sunak")
        expect(page.get_by_role("alert")).to_contain_text("rishi_sunak is not in")
        expect(dialog).to_have_count(0)


def test_events_fit_a_phone(console: Console, eventful: Stack, accessible: Accessible) -> None:
    """With nothing beside the screen, in the dark as well."""
    with console.open(eventful, "/#/events", viewport=PHONE, dark=True) as page:
        expect(page.get_by_role("list", name="Events")).to_be_visible()
        page.get_by_label("All collections").check()
        expect(page.get_by_text("emmanuel_macron").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        accessible(page)


def test_service_without_events_says_so(console: Console, service: Stack) -> None:
    """And who can change it."""
    with console.open(service, "/#/events") as page:
        expect(page.get_by_role("alert")).to_contain_text("EVENTS=true")


def test_gallery_is_filtered_by_metadata(
    console: Console, eventful: Stack, accessible: Accessible
) -> None:
    """By the service: conditions are added and removed; a wrong one is said; other pages see
    everybody afterwards.
    """
    with console.open(eventful, "/#/gallery") as page:
        people = page.locator(".people li")
        expect(people).to_have_count(3)
        page.get_by_label("Metadata is").fill("floor=3")
        page.keyboard.press("Enter")
        expect(people).to_have_count(2)
        expect(page.get_by_role("status")).to_have_text("2 people, 2 samples")
        page.get_by_label("Metadata is").fill("department=Sales")
        page.get_by_role("button", name="Add filter").click()
        expect(page.get_by_text("Nobody's metadata is like this.")).to_be_visible()
        accessible(page)
        page.get_by_role("button", name="Remove filter department=Sales").click()
        expect(people).to_have_count(2)
        page.get_by_label("Metadata is").fill('"floor=3')
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("INVALID_FIELD")
        page.get_by_role("link", name="Roll call", exact=True).click()
        expect(page.get_by_role("heading", name="3 people in default")).to_be_visible()


def test_roll_call_and_check_in_look_for_some_people_only(
    console: Console, eventful: Stack
) -> None:
    """Whoever the filter leaves out is neither found nor missing."""
    group = group_photo("barack_obama/2.jpg", "joe_biden/1.jpg")
    with console.open(eventful, "/#/roll-call") as page:
        page.get_by_text("Expected are").click()
        page.get_by_label("Metadata is").fill("floor=3")
        page.keyboard.press("Enter")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose a group photo").click()
        chooser.value.set_files({"name": "all.png", "mimeType": "image/png", "buffer": group})
        expect(page.get_by_role("list", name="Present")).to_contain_text("Barack Obama")
        expect(page.get_by_role("list", name="Missing")).to_contain_text("Jacinda Ardern")
        expect(page.get_by_label("Roll")).not_to_contain_text("Joe Biden")
        page.get_by_role("link", name="Check in", exact=True).click()
        page.get_by_text("Options").click()
        page.get_by_label("Metadata is").fill("floor=4")
        page.keyboard.press("Enter")
        page.get_by_label("Leave out the liveness check").check()
        photo = SAMPLES / "barack_obama/2.jpg"
        for name in ("No match", "Match"):
            with page.expect_file_chooser() as chooser:
                page.get_by_role("button", name="Choose a photo").click()
            chooser.value.set_files(photo)
            expect(page.get_by_label("Decision").locator(".title")).to_have_text(name)
            if name == "No match":
                page.get_by_role("button", name="Remove filter floor=4").click()
