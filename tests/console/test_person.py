"""What is changed of one person in the console: name, metadata, samples, two ids that are one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.console.conftest import Console, Shoot
from tests.console.people import enrol
from tests.console.test_people import use_collection
from tests.gateway.rest import Rest
from tests.gateway.stack import Stack

NUMBERS = itertools.count(1)


@pytest.fixture
def staff(service: Stack) -> Iterator[str]:
    """A collection: one person under two ids, the first with two samples, and somebody else."""
    name = f"team-{next(NUMBERS)}"
    enrol(service.rest, "barack_obama", "barack_obama/4.jpg", name, metadata={"badge": 42})
    enrol(service.rest, "barack_obama", "barack_obama/1.jpg", name, metadata={"badge": 42})
    enrol(service.rest, "joe_biden", "barack_obama/3.jpg", name)  # under the wrong id
    enrol(service.rest, "jacinda_ardern", "jacinda_ardern/2.jpg", name)
    yield name
    service.rest.delete(f"/collections/{name}")


def opened(page: Page, person: str) -> Locator:
    """Open a person's dialog in the gallery."""
    page.locator(".people li").filter(has_text=person).get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name=person)).to_be_visible()
    return dialog


def opened_in(page: Page, collection: str, person: str) -> Locator:
    """Open a person's dialog of another collection than the one in use."""
    use_collection(page, collection)
    return opened(page, person)


def known(rest: Rest, user_id: str, collection: str) -> dict:
    """Return what the service knows of a user."""
    return dict(rest.get(f"/enroll/{user_id}?collection={collection}").body)


def test_name_and_metadata_are_changed_without_a_photo(
    console: Console, service: Stack, staff: str
) -> None:
    """Samples stay; a line that is removed is gone."""
    with console.open(service, "/#/gallery") as page:
        dialog = opened_in(page, staff, "Barack Obama")
        dialog.get_by_role("button", name="Edit …").click()
        dialog.get_by_label("Name", exact=True).fill("B. Obama")
        dialog.get_by_role("button", name="Remove line 1").click()
        dialog.get_by_role("button", name="Add a line").click()
        dialog.get_by_label("Key 1").fill("department")
        dialog.get_by_label("Value 1").fill("Sales")
        dialog.get_by_role("button", name="Save").click()
        expect(page.locator(".receipt")).to_contain_text("B. Obama was changed, version 5")
        expect(page.locator(".people li").filter(has_text="B. Obama")).to_contain_text("Sales")
    stored = known(service.rest, "barack_obama", staff)
    assert (stored["name"], stored["metadata"]) == ("B. Obama", {"department": "Sales"})
    assert stored["samples"] == 2


def test_a_change_that_somebody_else_made_is_not_overwritten(
    console: Console, service: Stack, staff: str
) -> None:
    """The person is of another version by then: it is said, and nothing is lost."""
    with console.open(service, "/#/gallery") as page:
        dialog = opened_in(page, staff, "Barack Obama")
        dialog.get_by_role("button", name="Edit …").click()
        dialog.get_by_label("Name", exact=True).fill("Late")
        enrol(service.rest, "barack_obama", "barack_obama/2.jpg", staff)
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.get_by_text("Somebody else changed this meanwhile")).to_be_visible()
    assert known(service.rest, "barack_obama", staff)["name"] == "Barack Obama"


def test_samples_are_shown_deleted_and_moved_but_the_last_one_stays(
    console: Console, service: Stack, staff: str, shoot: Shoot
) -> None:
    """Each with its quality; the one under the wrong id goes where it belongs."""
    with console.open(service, "/#/gallery") as page:
        dialog = opened_in(page, staff, "Barack Obama")
        samples = dialog.get_by_role("region", name="Samples").get_by_role("listitem")
        expect(samples).to_have_count(2)
        for index in range(2):
            expect(samples.nth(index)).to_contain_text("from a photo")
            expect(samples.nth(index)).to_contain_text("quality")
        shoot(page, "console-person")
        dialog.get_by_role("button", name="Delete sample 1").click()
        dialog.get_by_role("button", name="Delete sample 1 for good").click()
        expect(page.locator(".receipt")).to_contain_text("1 sample left, version 5")
        assert known(service.rest, "barack_obama", staff)["samples"] == 1

        dialog = opened(page, "Barack Obama")
        expect(dialog.get_by_role("button", name="Delete sample 1")).to_be_disabled()
        page.keyboard.press("Escape")

        enrol(service.rest, "joe_biden", "joe_biden/1.jpg", staff)
        page.reload()
        dialog = opened_in(page, staff, "Joe Biden")
        dialog.get_by_role("button", name="Move sample 1").click()
        dialog.get_by_label("Whose is it?").fill("barack_obama")
        dialog.get_by_role("button", name="Move it").click()
        expect(page.locator(".receipt")).to_contain_text("is barack_obama's now")
    assert known(service.rest, "barack_obama", staff)["samples"] == 2
    assert known(service.rest, "joe_biden", staff)["samples"] == 1


def test_two_ids_of_one_person_become_one(console: Console, service: Stack, staff: str) -> None:
    """The one that is open stays with its name and metadata, the other is gone."""
    with console.open(service, "/#/gallery") as page:
        dialog = opened_in(page, staff, "Barack Obama")
        dialog.get_by_role("button", name="Merge …").click()
        dialog.get_by_label("Who is the same person").fill("joe_biden")
        expect(dialog.get_by_text("1 sample of Joe Biden will be Barack Obama's")).to_be_visible()
        dialog.get_by_role("button", name="Merge for good").click()
        receipt = page.locator(".receipt")
        expect(receipt).to_contain_text("joe_biden is part of Barack Obama now: 1 sample moved, 3")
        expect(page.locator(".people li")).to_have_count(2)
    stored = known(service.rest, "barack_obama", staff)
    assert (stored["samples"], stored["metadata"]) == (3, {"badge": 42})
    assert service.rest.get(f"/enroll/joe_biden?collection={staff}").status == 404


def test_a_merge_with_nobody_says_so(console: Console, service: Stack, staff: str) -> None:
    """An id that is mistyped changes nothing."""
    with console.open(service, "/#/gallery") as page:
        dialog = opened_in(page, staff, "Barack Obama")
        dialog.get_by_role("button", name="Merge …").click()
        dialog.get_by_label("Who is the same person").fill("jo_biden")
        dialog.get_by_role("button", name="Merge for good").click()
        expect(dialog.get_by_text("Nobody has this user id")).to_be_visible()
    assert known(service.rest, "barack_obama", staff)["samples"] == 2
