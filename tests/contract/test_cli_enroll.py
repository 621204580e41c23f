"""``facesvc enroll`` against the server in process."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from facesvc.application.call import Call
from facesvc.cli.enrolment import bulk
from facesvc.cli.main import main
from facesvc.domain.gallery import Enrolment, WriteReceipt
from facesvc.v1 import gallery_service_pb2 as pb
from tests.contract.conftest import InProcess, serving


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
    return main(["--server", address, "enroll", str(source), "--results", str(results), *extra])


def outcomes(results: Path) -> list[tuple[str, str, str, str]]:
    """Each file's last outcome: name, user, kind, reason."""
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    last = {line["photo"]: line for line in lines if "photo" in line}
    return sorted(
        (Path(photo).name, line["user_id"], line["kind"], line["reason"])
        for photo, line in last.items()
    )


def test_folder_is_enrolled_with_a_result_for_each_photo(
    service: InProcess, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bad photo is reported, the good ones are stored, the exit status tells."""
    results = tmp_path / "results.jsonl"
    assert run(service, photos, results) == 3
    assert outcomes(results) == [
        ("1.jpg", "anna", "refused", "NO_FACE"),
        ("1.png", "bert_b", "enrolled", ""),
        ("2.jpg", "anna", "enrolled", ""),
        ("3.jpg", "anna", "enrolled", ""),
        ("notes.txt", "", "skipped", "NOT_A_PHOTO"),
    ]
    assert len(service.stored.users["default", "anna"]) == 2
    assert service.stored.users["default", "bert_b"][0][0].name == "bert b"
    told = capsys.readouterr().out
    assert "3 photos enrolled now\n1 photo refused: 1 NO_FACE\n" in told
    assert f"{photos}/anna/1.jpg: NO_FACE" in told
    assert f"1 file skipped, no photos\n  {photos}/bert_b/notes.txt" in told


def test_second_run_sends_nothing_that_succeeded(
    service: InProcess, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An interrupted run goes on; a broken last line does not matter."""
    results = tmp_path / "results.jsonl"
    run(service, photos, results)
    version = service.stored.version
    with results.open("a") as file:
        file.write('{"user_id": "an')
    (photos / "anna" / "1.jpg").write_bytes(b"anna-again")
    capsys.readouterr()
    assert run(service, photos, results) == 0
    told = capsys.readouterr().out
    assert "1 photo enrolled now\n3 photos enrolled by an earlier run and still there\n" in told
    assert service.stored.version == version + 1
    assert len(service.stored.users["default", "anna"]) == 3


def test_another_collection_gets_its_own_photos(
    service: InProcess, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What one collection holds says nothing of another."""
    results = tmp_path / "results.jsonl"
    run(service, photos, results)
    capsys.readouterr()
    run(service, photos, results, "--collection", "other")
    assert "3 photos enrolled now" in capsys.readouterr().out
    assert len(service.stored.users["other", "anna"]) == 2


def test_another_server_gets_its_own_photos(photos: Path, tmp_path: Path) -> None:
    """Also one at the same address, whose gallery starts empty."""
    results = tmp_path / "results.jsonl"
    with serving() as first:
        run(first, photos, results)
        with serving() as second:
            run(second, photos, results)
            assert len(second.stored.users["default", "anna"]) == 2
        first.stored.clear()
        run(first, photos, results)
        assert len(first.stored.users["default", "anna"]) == 2


def test_deleted_user_is_enrolled_again(
    service: InProcess, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only that one, and with a request of its own, not the answer to the first one."""
    results = tmp_path / "results.jsonl"
    run(service, photos, results)
    service.gallery.DeleteEnrollment(pb.DeleteEnrollmentRequest(user_id="anna"))
    capsys.readouterr()
    run(service, photos, results)
    told = capsys.readouterr().out
    assert "2 photos enrolled now\n1 photo enrolled by an earlier run and still there" in told
    ids = [enrolment.request_id for enrolment, _ in service.stored.users["default", "anna"]]
    before = len(ids)
    service.gallery.DeleteEnrollment(pb.DeleteEnrollmentRequest(user_id="anna"))
    run(service, photos, results)
    again = [enrolment.request_id for enrolment, _ in service.stored.users["default", "anna"]]
    assert len(set(ids) | set(again)) == 2 * before


def test_user_that_somebody_replaced_is_enrolled_again(
    service: InProcess, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The user exists, but its samples are another photo's."""
    results = tmp_path / "results.jsonl"
    run(service, photos, results)
    service.gallery.Enroll(pb.EnrollRequest(user_id="bert_b", image=b"someone"))
    service.gallery.Enroll(
        pb.EnrollRequest(user_id="anna", image=b"someone", mode=pb.EnrollRequest.ADD)
    )
    capsys.readouterr()
    run(service, photos, results)
    told = capsys.readouterr().out
    assert "1 photo enrolled now\n2 photos enrolled by an earlier run and still there" in told
    assert len(service.stored.users["default", "anna"]) == 3
    assert len(service.stored.users["default", "bert_b"]) == 1


def test_no_image_is_passed_over(service: InProcess, tmp_path: Path) -> None:
    """By suffix, by content without a suffix, deep in folders; beside folders it is named."""
    photos = tmp_path / "photos"
    for name, content in {
        "anna/1.HEIC": b"anna",
        "anna/2.jfif": b"anna-two",
        "anna/old/2019/3.AVIF": b"anna-three",
        "anna/no_suffix": b"\xff\xd8\xff\xe0 broken",
        "anna/readme": b"words",
        "anna/._1.jpg": b"\x00\x05\x16\x07",
        "anna/empty.jpg": b"",
        "team.jpg": b"anna bert",
    }.items():
        path = photos / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (photos / "anna" / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (photos / "anna" / "circle").symlink_to(photos / "anna")
    results = tmp_path / "results.jsonl"
    assert run(service, photos, results) == 3
    found = {name: (user, kind, reason) for name, user, kind, reason in outcomes(results)}
    assert found.pop("no_suffix")[:2] == ("anna", "refused")
    assert found == {
        "1.HEIC": ("anna", "enrolled", ""),
        "2.jfif": ("anna", "enrolled", ""),
        "3.AVIF": ("anna", "enrolled", ""),
        "readme": ("", "skipped", "NOT_A_PHOTO"),
        "._1.jpg": ("", "skipped", "NOT_A_PHOTO"),
        "empty.jpg": ("anna", "refused", "MISSING_IMAGE"),
        "team.jpg": ("", "refused", "NO_USER"),
        "gone.jpg": ("anna", "unreadable", "UNREADABLE"),
        "circle": ("", "skipped", "SEEN_BEFORE"),
    }


def test_folder_of_photos_alone_names_the_users(service: InProcess, tmp_path: Path) -> None:
    """Each photo is its user's."""
    for name in ("anna.jpg", "bert_b.jpg"):
        (tmp_path / "staff").mkdir(exist_ok=True)
        (tmp_path / "staff" / name).write_bytes(name.encode())
    assert run(service, tmp_path / "staff", tmp_path / "r.jsonl") == 0
    assert sorted(service.stored.users) == [("default", "anna"), ("default", "bert_b")]


def test_one_photo_needs_its_user(
    service: InProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without it the command says how, with it the photo is enrolled."""
    photo = tmp_path / "selfie.jpg"
    photo.write_bytes(b"anna")
    assert run(service, photo, tmp_path / "r.jsonl") == 1
    assert "--user" in capsys.readouterr().err
    assert run(service, photo, tmp_path / "r.jsonl", "--user", "u1", "--name", "Anna A.") == 0
    assert service.stored.users["default", "u1"][0][0].name == "Anna A."


def test_which_of_several_faces_is_meant_can_be_said(
    service: InProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A photo of two is refused with what to do; the same command with --face enrols it."""
    photo, results = tmp_path / "two.jpg", tmp_path / "results.jsonl"
    photo.write_bytes(b"anna bert")
    assert run(service, photo, results, "--user", "bert") == 3
    assert "say which face is meant" in capsys.readouterr().out
    assert run(service, photo, results, "--user", "bert", "--face", "10,0,20,1") == 0
    found = service.gallery.Search(pb.SearchRequest(image=b"bert"))
    assert [match.user_id for match in found.matches] == ["bert"]


def test_same_photo_twice_is_stored_once_and_said(
    service: InProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no photo of an earlier run."""
    for name in ("1.jpg", "2.jpg"):
        (tmp_path / "photos" / "anna").mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / "anna" / name).write_bytes(b"anna")
    assert run(service, tmp_path / "photos", tmp_path / "r.jsonl") == 0
    told = capsys.readouterr().out
    assert "1 photo enrolled now\n1 photo of the same bytes" in told


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


@pytest.mark.parametrize("content", [b"\x80\x81 binary", b"\x00" * 64])
def test_file_of_another_kind_is_told(
    service: InProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    """No traceback."""
    source = tmp_path / "film.mp4"
    source.write_bytes(content)
    assert run(service, source, tmp_path / "r.jsonl") == 1
    assert "film.mp4" in capsys.readouterr().err


def test_absent_service_is_told_at_once_with_the_address(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is tried again before the service has answered once."""
    start = time.monotonic()
    arguments = ["--server", "127.0.0.1:1", "enroll", str(photos)]
    assert main([*arguments, "--results", str(tmp_path / "r.jsonl")]) == 1
    assert time.monotonic() - start < 10  # ANSWER_S, and room for a busy machine
    assert "127.0.0.1:1" in capsys.readouterr().err


def test_service_that_goes_away_leaves_photos_named_as_not_tried(
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was stored before is counted, the rest is named, the exit status is an error's."""
    monkeypatch.setattr(bulk, "RETRIES", 0)
    with serving() as service:
        enroll = service.stored.enroll

        def enroll_once(enrolment: Enrolment, call: Call) -> WriteReceipt:
            if service.stored.version:
                threading.Thread(target=service.server.drain, args=(0.0,)).start()
                time.sleep(1.0)  # the call is cut off meanwhile
            return enroll(enrolment, call)

        monkeypatch.setattr(service.stored, "enroll", enroll_once)
        (photos / "anna" / "1.jpg").write_bytes(b"anna-first")
        assert run(service, photos, tmp_path / "r.jsonl") == 1
    told = capsys.readouterr()
    assert "not tried" in told.out
    assert f"  {photos}/anna/3.jpg" in told.out
    assert "goes on where it stopped" in told.err
