"""What people do in the console: enrol, check in, call the roll, delete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import Console, Shoot
from tests.console.fake_camera import NOBODY
from tests.console.people import enrol, group_photo
from tests.gateway.conftest import SAMPLES, grey_png
from tests.gateway.stack import Stack

OBAMA, OBAMA_AGAIN = "barack_obama/4.jpg", "barack_obama/1.jpg"
MACRON = "emmanuel_macron/2.jpg"
ARDERN = "jacinda_ardern/2.jpg"


def use_collection(page: Page, name: str) -> None:
    """Choose a collection, or name a new one."""
    picker = page.get_by_role("combobox", name="Collection")
    if picker.locator(f"option[value='{name}']").count():
        picker.select_option(name)
        return
    picker.select_option("New collection …")
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Use it").click()


def go_to(page: Page, name: str) -> None:
    """Follow the navigation."""
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def decision(page: Page) -> str:
    """Check in with what the camera shows and return the decision."""
    page.get_by_role("button", name="Start camera").click()
    button = page.get_by_role("button", name="Check in", exact=True)
    expect(button).to_be_enabled()
    button.click()
    title = page.get_by_label("Decision").locator(".title")
    expect(title).to_be_visible()
    return title.inner_text()


def test_who_was_enrolled_at_the_camera_is_recognised_and_another_is_not(
    console: Console, service: Stack, shoot: Shoot
) -> None:
    """Two samples by camera with guidance; the same person in another photo; somebody else."""
    with console.open(service, camera=((OBAMA, 1.0),)) as page:
        use_collection(page, "cameras")
        go_to(page, "Enrol")
        page.get_by_role("button", name="Start camera").click()
        expect(page.locator(".guidance")).to_have_text("Good")
        for number in (1, 2):
            page.get_by_role("button", name="Take a photo").click()
            expect(page.get_by_label("Photos to enrol").locator("li")).to_have_count(number)
        page.get_by_label("User id").fill("barack_obama")
        page.get_by_label("Name", exact=True).fill("Barack Obama")
        page.get_by_role("button", name="Add a line").click()
        page.get_by_label("Key 1").fill("department")
        page.get_by_label("Value 1").fill("Engineering")
        page.get_by_role("button", name="Enrol 2 samples").click()
        expect(page.get_by_text("2 samples of Barack Obama in cameras")).to_be_visible()
        shoot(page, "console-enrol")
    stored = service.rest.get("/enroll/barack_obama?collection=cameras").body
    assert stored["samples"] == 2
    assert stored["metadata"] == {"department": "Engineering"}

    with console.open(service, camera=((OBAMA_AGAIN, 1.0),)) as page:
        use_collection(page, "cameras")
        assert decision(page) == "Match"
        expect(page.get_by_text("Welcome, Barack Obama.")).to_be_visible()
        shoot(page, "console-check-in")

    with console.open(service, camera=((MACRON, 1.0),)) as page:
        use_collection(page, "cameras")
        assert decision(page) == "No match"
        expect(page.get_by_text("Nobody in this collection looks like this.")).to_be_visible()
        expect(page.get_by_text("Below threshold")).to_be_visible()


def test_a_kiosk_checks_in_by_itself_and_once_for_each_person(
    console: Console, service: Stack
) -> None:
    """Somebody comes, goes, and comes back within the set time: one entry in the list."""
    enrol(service.rest, "barack_obama", OBAMA, "kiosk")
    film = ((OBAMA_AGAIN, 4.0), (NOBODY, 3.0))
    with console.open(service, camera=film) as page:
        use_collection(page, "kiosk")
        page.get_by_role("switch", name="Kiosk").check()
        expect(page.get_by_text("Welcome, Barack Obama.")).to_be_visible()
        expect(page.get_by_text("Barack Obama is checked in already.")).to_be_visible()
        entries = page.locator(".log li")
        expect(entries).to_have_count(1)


def test_the_roll_call_names_who_is_there_and_who_is_missing(
    console: Console, service: Stack, shoot: Shoot, tmp_path: Path
) -> None:
    """Three in the photo, two of them known; one of the gallery is not there."""
    enrol(service.rest, "barack_obama", OBAMA_AGAIN, "roll")
    enrol(service.rest, "jacinda_ardern", "jacinda_ardern/1.jpg", "roll")
    enrol(service.rest, "joe_biden", "joe_biden/1.jpg", "roll")
    photo = tmp_path / "group.png"
    photo.write_bytes(group_photo(OBAMA, ARDERN, MACRON))
    with console.open(service, "/#/roll-call") as page:
        use_collection(page, "roll")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose a group photo").click()
        chooser.value.set_files(photo)
        missing = page.get_by_role("list", name="Missing").get_by_role("listitem")
        expect(missing).to_have_count(1)
        expect(missing).to_contain_text("Joe Biden")
        present = page.get_by_role("list", name="Present").get_by_role("listitem")
        expect(present).to_have_count(2)
        labels = page.locator(".stage text").all_text_contents()
        assert sorted(labels) == ["Barack Obama", "Jacinda Ardern", "unknown"]
        shoot(page, "console-roll-call")


def test_somebody_is_found_and_deleted_with_a_receipt(
    console: Console, service: Stack, shoot: Shoot
) -> None:
    """Search by metadata, open, confirm: the receipt counts, and the service knows nobody more."""
    for user, photo, department in (
        ("barack_obama", OBAMA, "Sales"),
        ("jacinda_ardern", ARDERN, "Engineering"),
        ("emmanuel_macron", MACRON, "Engineering"),
    ):
        enrol(service.rest, user, photo, "staff", metadata={"department": department})
    with console.open(service, "/#/gallery") as page:
        use_collection(page, "staff")
        rows = page.locator(".people li")
        expect(rows).to_have_count(3)
        shoot(page, "console-gallery")
        page.get_by_role("searchbox").fill("engin arde")
        expect(rows).to_have_count(1)
        rows.get_by_role("button").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("heading", level=2)).to_have_text("Jacinda Ardern")
        dialog.get_by_role("button", name="Delete …").click()
        dialog.get_by_role("button", name="Delete for good").click()
        receipt = page.locator(".receipt")
        expect(receipt).to_contain_text("Jacinda Ardern was deleted: 1 sample removed, version 4")
        page.get_by_role("searchbox").fill("")
        expect(rows).to_have_count(2)
    assert service.rest.get("/enroll/jacinda_ardern?collection=staff").status == 404


def test_a_check_of_the_gallery_finds_people_who_look_alike(
    console: Console, service: Stack
) -> None:
    """The pair is named; nothing else is."""
    enrol(service.rest, "barack_obama", OBAMA, "doubles")
    enrol(service.rest, "joe_biden", OBAMA_AGAIN, "doubles")  # under the wrong id
    enrol(service.rest, "jacinda_ardern", ARDERN, "doubles")
    with console.open(service, "/#/gallery") as page:
        use_collection(page, "doubles")
        page.get_by_role("button", name="Check", exact=True).click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("3 samples of 3 people")).to_be_visible()
        findings = dialog.get_by_role("listitem")
        expect(findings).to_have_count(1)
        expect(findings).to_contain_text("Two people look alike")
        expect(findings).to_contain_text("barack_obama")
        expect(findings).to_contain_text("joe_biden")


def test_an_export_brings_a_deleted_collection_back(
    console: Console, service: Stack, tmp_path: Path
) -> None:
    """Encrypted out, everything deleted, in again: the same people."""
    enrol(service.rest, "barack_obama", OBAMA, "moving")
    enrol(service.rest, "joe_biden", "joe_biden/1.jpg", "moving")
    archive = tmp_path / "moving.facesvc"
    with console.open(service, "/#/gallery") as page:
        use_collection(page, "moving")
        page.get_by_role("button", name="Export").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Passphrase").fill("correct horse battery")
        with page.expect_download() as download:
            dialog.get_by_role("button", name="Export").click()
        download.value.save_as(archive)
        page.get_by_role("button", name="Delete the collection").click()
        dialog.get_by_role("textbox").fill("moving")
        dialog.get_by_role("button", name="Delete for good").click()
        expect(page.get_by_text("Nobody is enrolled in moving")).to_be_visible()
        page.get_by_role("button", name="Import", exact=True).click()
        with page.expect_file_chooser() as chooser:
            dialog.get_by_role("button", name="Choose the file").click()
        chooser.value.set_files(archive)
        dialog.get_by_label("Passphrase").fill("correct horse battery")
        dialog.get_by_role("button", name="Import").click()
        expect(page.locator(".receipt")).to_have_text(
            re.compile("2 people with 2 samples came into moving")
        )
        expect(page.locator(".people li")).to_have_count(2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Photos as people keep them: folders, a loose photo, one without a face, other files."""
    root = tmp_path / "staff"
    for name in ("barack_obama/1.jpg", "barack_obama/4.jpg", "emmanuel_macron/2.jpg"):
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((SAMPLES / name).read_bytes())
    (root / "rishi_sunak.jpg").write_bytes((SAMPLES / "rishi_sunak/1.jpg").read_bytes())
    (root / "wall.png").write_bytes(grey_png())
    (root / "broken.jpg").write_bytes(b"no photo")
    (root / "notes.txt").write_text("nothing")
    return root


def test_a_folder_is_enrolled_with_a_result_for_every_file(
    console: Console, service: Stack, folder: Path
) -> None:
    """What fails says why, what is no photo is named, and a second run repeats only failures."""
    with console.open(service, "/#/enrol") as page:
        use_collection(page, "folders")
        go_to(page, "Enrol")
        page.get_by_role("tab", name="A folder").click()
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose a folder").click()
        chooser.value.set_files(folder)
        expect(page.get_by_text("1 file that is no photo was left out")).to_be_visible()
        page.get_by_role("button", name="Enrol", exact=True).click()
        expect(page.get_by_text("6 of 6 done")).to_be_visible()
        results = page.get_by_label("Results").locator("li")
        said = {text.split("/", 1)[1].split("\n", 1)[0]: text for text in results.all_inner_texts()}
        for good in ("barack_obama/1.jpg", "barack_obama/4.jpg", "rishi_sunak.jpg"):
            assert "Enrolled" in said[good], said
        assert "No face" in said["wall.png"], said
        assert "Failed" in said["broken.jpg"]
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose a folder").click()
        chooser.value.set_files(folder)
        page.get_by_role("button", name="Enrol", exact=True).click()
        expect(page.get_by_text("6 of 6 done")).to_be_visible()
        expect(page.get_by_role("button", name="Skipped 4")).to_be_visible()
    assert service.rest.get("/enroll/barack_obama?collection=folders").body["samples"] == 2
