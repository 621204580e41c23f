"""``facesvc watch`` on a folder and on a film, with real photos and the real models."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from facesvc.cli.main import main
from tests.integration.conftest import SAMPLES, Live, live_service

OBAMA, BIDEN = SAMPLES / "barack_obama" / "2.jpg", SAMPLES / "joe_biden" / "1.jpg"


SIDE = 640


@pytest.fixture(scope="module")
def staffed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service that knows one person."""
    results = tmp_path_factory.mktemp("enrolled") / "results.jsonl"
    photo = str(SAMPLES / "barack_obama" / "1.jpg")
    with live_service() as live:
        arguments = ["--user", "u2", "--name", "Obama", "--results", str(results)]
        assert main(["enroll", photo, *arguments, "--server", live.address]) == 0
        yield live


def events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """What was told."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[0] == "{"]


def test_photos_are_decided_on_as_they_come(
    staffed: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was there before is left alone; a file that is no photo is named."""
    shutil.copy(BIDEN, tmp_path / "before.jpg")

    def come() -> None:
        time.sleep(0.7)
        shutil.copy(OBAMA, tmp_path / "obama")  # no suffix
        shutil.copy(BIDEN, tmp_path / "biden.jpg")
        (tmp_path / "notes.txt").write_text("no photo")

    threading.Thread(target=come).start()
    command = ["watch", str(tmp_path), "--idle", "4", "--skip-liveness", "--json"]
    assert main([*command, "--server", staffed.address]) == 0
    told = capsys.readouterr()
    found = {
        Path(event["photo"]).name: event["decision"]
        for event in map(json.loads, filter(lambda x: x[0] == "{", told.out.splitlines()))
    }
    assert found == {"obama": "MATCH", "biden.jpg": "NO_MATCH"}
    assert "notes.txt: skipped, NOT_A_PHOTO" in told.err


def frame_of(photo: Path | None) -> np.ndarray:
    """A camera's picture of a photo, or of an empty room."""
    frame = np.full((SIDE, SIDE, 3), 90, np.uint8)
    if photo:
        image = cv2.imread(str(photo))
        scale = SIDE / max(image.shape[:2])
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        frame[: image.shape[0], : image.shape[1]] = image
    return frame


def test_film_is_watched_and_one_person_is_told_once(
    staffed: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A camera's pictures: two people one after the other, an empty room between them."""
    film = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter_fourcc(*"MJPG"), 10.0, (SIDE, SIDE))
    for picture in (OBAMA, None, BIDEN):
        for _ in range(20):
            writer.write(frame_of(picture))
    writer.release()
    command = ["watch", str(film), "--interval", "0.5", "--skip-liveness", "--json"]
    assert main([*command, "--server", staffed.address]) == 0
    assert [event["decision"] for event in events(capsys)] == ["MATCH", "NO_MATCH"]


def test_source_that_is_nothing_is_told(
    staffed: Live, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With wrong usage's exit status."""
    assert main(["watch", str(tmp_path / "gone"), "--server", staffed.address]) == 2
    assert "gone" in capsys.readouterr().err
