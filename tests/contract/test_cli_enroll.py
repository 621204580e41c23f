"""``facesvc enroll`` against the server in process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facesvc.cli.main import main
from tests.contract.conftest import InProcess


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two users, three good photos, one bad one."""
    folder = tmp_path / "photos"
    for name, content in {
        "anna/1.jpg": b"nobody",
        "anna/2.jpg": b"anna",
        "anna/3.jpg": b"annas-second",
        "bert_b/1.png": b"bert",
        "bert_b/notes.txt": b"no photo",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def run(service: InProcess, source: Path, results: Path, *extra: str) -> int:
    """Run the command against the fixture's server."""
    address = f"127.0.0.1:{service.server.port}"
    return main(["--address", address, "enroll", str(source), "--results", str(results), *extra])


def test_folder_is_enrolled_with_a_result_for_each_photo(
    service: InProcess, photos: Path, tmp_path: Path
) -> None:
    """The bad photo is reported, the good ones are stored, the exit status tells."""
    results = tmp_path / "results.jsonl"
    assert run(service, photos, results) == 3
    lines = [json.loads(line) for line in results.read_text().splitlines()[1:]]
    assert {(Path(line["photo"]).name, line["user_id"], line["success"]) for line in lines} == {
        ("1.jpg", "anna", False),
        ("2.jpg", "anna", True),
        ("3.jpg", "anna", True),
        ("1.png", "bert_b", True),
    }
    assert [line["reason"] for line in lines if not line["success"]] == ["NO_FACE"]
    assert len(service.stored.users["default", "anna"]) == 2
    assert service.stored.users["default", "bert_b"][0][0].name == "bert b"


def test_second_run_sends_nothing_that_succeeded(
    service: InProcess, photos: Path, tmp_path: Path
) -> None:
    """An interrupted run goes on; a broken last line does not matter."""
    results = tmp_path / "results.jsonl"
    run(service, photos, results)
    version = service.stored.version
    with results.open("a") as file:
        file.write('{"user_id": "an')
    (photos / "anna" / "1.jpg").write_bytes(b"anna-again")
    assert run(service, photos, results) == 0
    assert service.stored.version == version + 1
    assert len(service.stored.users["default", "anna"]) == 3


def test_new_run_replaces_what_an_earlier_one_stored(
    service: InProcess, photos: Path, tmp_path: Path
) -> None:
    """Without --add a user has the photos of this run only, with it also the earlier ones."""
    run(service, photos, tmp_path / "a.jsonl")
    run(service, photos, tmp_path / "b.jsonl")
    assert len(service.stored.users["default", "anna"]) == 2
    run(service, photos, tmp_path / "c.jsonl", "--add")
    assert len(service.stored.users["default", "anna"]) == 4


def test_csv_gives_names_and_metadata(service: InProcess, photos: Path, tmp_path: Path) -> None:
    """The photo's path is relative to the file."""
    source = photos / "staff.csv"
    source.write_text('user_id,photo,name,metadata\nu7,anna/2.jpg,Anna,"{""floor"": 2}"\n')
    assert run(service, source, tmp_path / "r.jsonl", "--collection", "staff") == 0
    enrolment = service.stored.users["staff", "u7"][0][0]
    assert (enrolment.name, dict(enrolment.metadata)) == ("Anna", {"floor": 2})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("user,photo\n", "lacks the columns"),
        ("user_id,photo,metadata\nu,p,nojson\n", "line 2"),
        ("user_id,photo\n,p\n", "line 2"),
        ("user_id,photo\n", "no photos"),
    ],
)
def test_wrong_csv_is_told_with_its_line(
    service: InProcess,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    says: str,
) -> None:
    """Nothing is sent when the list is wrong."""
    source = tmp_path / "list.csv"
    source.write_text(text)
    assert run(service, source, tmp_path / "r.jsonl") == 1
    assert says in capsys.readouterr().err
    assert not service.stored.users


def test_absent_service_is_told_with_the_address(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a few tries, with what to do."""
    import facesvc.cli.enroll as enroll

    before, enroll.RETRIES = enroll.RETRIES, 0
    try:
        arguments = ["--address", "127.0.0.1:1", "enroll", str(photos)]
        assert main([*arguments, "--results", str(tmp_path / "r.jsonl")]) == 1
    finally:
        enroll.RETRIES = before
    assert "127.0.0.1:1" in capsys.readouterr().err
