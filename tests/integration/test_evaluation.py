"""Evaluating real photos with the real models."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import grpc
import pytest

from facesvc.cli.main import main
from facesvc.evaluation.command import OBSERVATIONS, EvaluationOptions, run_evaluation
from facesvc.evaluation.observe import MixedModelsError
from tests.integration.conftest import SAMPLES, Live


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """The sample photos, one of Obama's among Biden's, and a file that shows nobody."""
    folder = tmp_path / "photos"
    shutil.copytree(SAMPLES, folder, ignore=lambda _, names: [n for n in names if n[0] == "."])
    (folder / "barack_obama" / "2.jpg").rename(folder / "joe_biden" / "stray.jpg")
    (folder / "joe_biden" / "broken.jpg").write_bytes(b"\xff\xd8\xff no photo")
    return folder


def test_report_tells_people_apart_and_finds_the_wrong_label(
    shared_service: Live, photos: Path, tmp_path: Path
) -> None:
    """Known answers: everybody else matches, the stray photo is pointed out, the broken file
    is counted with its reason.
    """
    into = tmp_path / "report"
    evaluation = run_evaluation(shared_service.channel, EvaluationOptions(photos, into))
    assert [Path(each.photo).name for each in evaluation.suspects] == ["stray.jpg"]
    assert evaluation.suspects[0].other_person == "barack_obama"
    assert sum(evaluation.failures.values()) == 1
    assert next(iter(evaluation.failures)).startswith("IMAGE_")
    assert evaluation.verification is not None
    written = json.loads((into / "evaluation.json").read_text())
    assert written["photos"] == evaluation.photos
    assert "stray.jpg" in (into / "evaluation.md").read_text()


def test_second_run_asks_nothing_that_is_known(
    shared_service: Live, photos: Path, tmp_path: Path
) -> None:
    """With every photo deleted the file of observations still gives the whole report."""
    into = tmp_path / "report"
    first = run_evaluation(shared_service.channel, EvaluationOptions(photos, into))
    for photo in photos.rglob("*.jpg"):
        photo.write_bytes(b"")
    assert run_evaluation(shared_service.channel, EvaluationOptions(photos, into)) == first


def test_observations_of_another_recognizer_are_refused(
    shared_service: Live, photos: Path, tmp_path: Path
) -> None:
    """Embeddings of two models are never compared."""
    into = tmp_path / "report"
    run_evaluation(shared_service.channel, EvaluationOptions(photos, into))
    path = into / OBSERVATIONS
    lines = [line for line in path.read_text().splitlines() if line]
    values = json.loads(lines[0]) | {"model": "another"}
    path.write_text("\n".join([json.dumps(values), *lines[1:]]))
    with pytest.raises(MixedModelsError):
        run_evaluation(shared_service.channel, EvaluationOptions(photos, into))


def test_service_that_is_not_there_ends_the_run(photos: Path, tmp_path: Path) -> None:
    """The photos are not blamed for it."""
    with grpc.insecure_channel("127.0.0.1:1") as channel, pytest.raises(grpc.RpcError):
        run_evaluation(channel, EvaluationOptions(photos, tmp_path / "report"))


def test_calibration_by_the_command_line_tells_that_photos_are_too_few(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It looks at them all, and says how many pairs of people there are; nothing is written."""
    out, work = tmp_path / "calibration.json", tmp_path / "work"
    status = main(["eval", "calibrate", str(photos), "--out", str(out), "--work", str(work)])
    assert status == 1
    assert "pairs of different people are too few" in capsys.readouterr().err
    assert (work / "clean.npz").exists()
    assert not out.exists()


def test_eval_measures_where_no_command_is_named(
    shared_service: Live, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`facesvc eval PHOTOS`, with options before the photos or behind them."""
    server = ["--server", shared_service.address]
    assert main(["eval", str(photos), "--into", str(tmp_path / "a"), *server]) == 0
    assert "## 1:1" in capsys.readouterr().out
    assert main(["eval", *server, "--into", str(tmp_path / "b"), str(photos)]) == 0
    assert (tmp_path / "b" / "evaluation.md").exists()
