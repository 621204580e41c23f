"""The notebook, executed on real photos beside a real service."""

from __future__ import annotations

import base64
import io
import os
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import papermill
import pytest
from facesvc_client import Client
from PIL import Image

from tests.examples.conftest import CLIENT
from tests.gateway.stack import ROOT, Stack

NOTEBOOK = ROOT / "examples" / "threshold.ipynb"
PEOPLE = ("barack_obama", "emmanuel_macron", "jacinda_ardern")
PHOTOS = ("1.jpg", "2.jpg")
# Where the pictures of the documentation are made.
SCREENSHOTS = Path(os.environ.get("SCREENSHOTS") or ROOT / "build" / "screenshots")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two photos each of three people, and one that shows nobody."""
    folder = tmp_path / "photos"
    for person in PEOPLE:
        (folder / person).mkdir(parents=True)
        for name in PHOTOS:
            (folder / person / name).symlink_to(ROOT / "data" / "samples" / person / name)
    Image.new("RGB", (640, 480), "grey").save(folder / PEOPLE[0] / "blank.jpg")
    return folder


def executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **parameters: Any) -> Any:
    """Execute the notebook and return it."""
    monkeypatch.setenv("PYTHONPATH", str(CLIENT))
    return papermill.execute_notebook(
        NOTEBOOK, tmp_path / "executed.ipynb", parameters, cwd=ROOT, progress_bar=False
    )


def printed(notebook: Any) -> str:
    """Return what the cells printed."""
    outputs = (each for cell in notebook.cells for each in cell.get("outputs", ()))
    return "".join(each.text for each in outputs if each.output_type == "stream")


def plots(notebook: Any) -> list[bytes]:
    """Return the plots as PNG."""
    outputs = (each for cell in notebook.cells for each in cell.get("outputs", ()))
    found = (each.data.get("image/png") for each in outputs if each.output_type == "display_data")
    return [base64.b64decode(each) for each in found if each]


def test_it_goes_from_photos_to_a_threshold(
    service: Stack, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pairs are those that Compare answers, and its threshold is the calibration's."""
    notebook = executed(tmp_path, monkeypatch, photos=str(photos), server=service.grpc_target)
    text = printed(notebook)
    assert f"left out {photos / PEOPLE[0] / 'blank.jpg'}: NO_FACE" in text
    genuine, impostor = [], []
    with Client(service.grpc_target) as client:
        files = [photos / person / name for person in PEOPLE for name in PHOTOS]
        for one, other in combinations(files, 2):
            pairs = genuine if one.parent == other.parent else impostor
            pairs.append(client.compare(one, other).similarity)
        assert f"3 genuine pairs, lowest {min(genuine):.3f}" in text
        assert f"12 impostor pairs, highest {max(impostor):.3f}" in text
        (found,) = re.findall(r"MATCH_THRESHOLD=([\d.]+)", text)
        (threshold,) = map(float, (found,))
        estimated = client.compare(files[0], files[1], threshold=threshold).estimated_fmr
    assert estimated == pytest.approx(1e-3, rel=0.2), "between two points of a curve"
    assert "0 of 3 genuine pairs would be missed" in text
    assert len(plots(notebook)) == 2


def test_enough_pairs_make_the_threshold_by_themselves(
    service: Stack, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve pairs can show a rate of a quarter: three of them may match."""
    parameters = {"photos": str(photos), "server": service.grpc_target, "wanted_fmr": 0.25}
    text = printed(executed(tmp_path, monkeypatch, **parameters))
    assert "by your photos" in text
    (threshold,) = map(float, re.findall(r"MATCH_THRESHOLD=([\d.]+)", text))
    with Client(service.grpc_target) as client:
        similarities = [
            client.compare(photos / one / a, photos / other / b).similarity
            for one, other in combinations(PEOPLE, 2)
            for a in PHOTOS
            for b in PHOTOS
        ]
    assert sum(each >= threshold for each in similarities) <= 3
    assert sum(each >= threshold - 0.005 for each in similarities) > 3, "the lowest one is taken"


def test_it_runs_as_it_stands_and_makes_the_documentations_picture(
    service: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On all sample photos, from the repository's folder."""
    notebook = executed(tmp_path, monkeypatch, server=service.grpc_target)
    assert re.search(r"^\d+ photos of 5 people, model open$", printed(notebook), re.MULTILINE)
    picture = Image.open(io.BytesIO(plots(notebook)[-1])).convert("RGB")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    picture.save(SCREENSHOTS / "threshold.webp", quality=85, method=6)
