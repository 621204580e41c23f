"""Pictures that the command line draws, of real photos by the real models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from facesvc.cli.drawing.faces import Mood
from facesvc.cli.main import main
from tests.integration.conftest import SAMPLES, Live, live_service

GROUP = str(SAMPLES / "group.jpg")


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service that knows the people of the sample photos."""
    results = tmp_path_factory.mktemp("enrolled") / "results.jsonl"
    with live_service() as live:
        main(["enroll", str(SAMPLES), "--results", str(results), "--server", live.address])
        yield live


def run(live: Live, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, object]:
    """Return the exit status and the JSON answer."""
    capsys.readouterr()
    status = main([*arguments, "--server", live.address, "--json"])
    lines = capsys.readouterr().out.splitlines()  # the service's log stands among them
    return status, json.loads([line for line in lines if line.startswith(("{", "["))][-1])


def is_near(pixel: object, colour: tuple[int, ...], tolerance: int = 60) -> bool:
    """Tell whether a pixel has the colour, but for what JPEG does to it."""
    return max(abs(a - b) for a, b in zip(pixel, colour, strict=True)) <= tolerance  # type: ignore[call-overload] # a pixel


def test_analyze_marks_every_face_where_the_answer_says(
    staffed: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The photo keeps its size; each box's left edge has a mark's colour at half its height."""
    target = tmp_path / "marked.png"
    status, answer = run(staffed, capsys, "analyze", GROUP, "--draw", str(target))
    assert status == 0
    assert answer["faces_detected"] >= 6
    with Image.open(target) as marked, Image.open(GROUP) as photo:
        assert marked.size == photo.size
        for face in answer["faces"]:
            left, top, right, _ = face["bbox"]
            mood = Mood.GOOD if face["liveness"]["is_live"] else Mood.DOUBTFUL
            assert is_near(marked.getpixel(((left + right) // 2, top)), mood.value)


def test_identify_names_who_is_known(
    staffed: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A known face is marked in another colour than an unknown one."""
    target = tmp_path / "named.png"
    photo = str(SAMPLES / "joe_biden" / "1.jpg")
    status, answer = run(staffed, capsys, "identify", photo, "--draw", str(target))
    assert status == 0
    left, top, right, _ = answer["faces"][0]["bbox"]
    with Image.open(target) as marked:
        assert is_near(marked.getpixel(((left + right) // 2, top)), Mood.GOOD.value)
    status, answer = run(staffed, capsys, "identify", GROUP, "--draw", str(target))
    assert status == 4
    left, top, right, _ = answer["faces"][0]["bbox"]
    with Image.open(target) as marked:
        assert is_near(marked.getpixel(((left + right) // 2, top)), Mood.UNKNOWN.value)


def test_search_draws_a_contact_sheet(
    staffed: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row for each photo, with the matched people's own photos where they are known."""
    target = tmp_path / "sheet.png"
    photos = [str(SAMPLES / "barack_obama" / "2.jpg"), GROUP]
    arguments = ["search", *photos, "--draw", str(target)]
    bare, _ = run(staffed, capsys, *arguments)
    with Image.open(target) as sheet:
        empty, size = sheet.copy(), sheet.size
    full, answer = run(staffed, capsys, *arguments, "--enrolled", str(SAMPLES))
    assert (bare, full) == (0, 0)
    assert [len(each["matches"]) for each in answer] == [1, 0]
    with Image.open(target) as sheet:
        assert sheet.size == size
        assert sheet.tobytes() != empty.tobytes()


def test_picture_that_cannot_be_written_is_told(
    staffed: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback."""
    command = ["analyze", GROUP, "--server", staffed.address, "--draw"]
    assert main([*command, str(tmp_path / "marked.doc")]) == 1
    assert "marked.doc" in capsys.readouterr().err
