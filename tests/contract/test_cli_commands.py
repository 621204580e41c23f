"""The commands that ask about photos and people, against the server in process."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from facesvc.cli.main import main
from facesvc.cli.output import printable
from facesvc.domain.errors import StoreUnavailableError
from facesvc.transport.convert.answers import to_struct
from facesvc.v1 import gallery_service_pb2 as pb
from tests.contract.conftest import InProcess


@pytest.fixture
def ask(
    service: InProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, Any]]:
    """Run a command with --json; return its status and answer. Photos are written as files."""
    service.gallery.Enroll(pb.EnrollRequest(user_id="u1", name="Anna", image=b"anna"))
    for text in ("anna", "bert", "nobody", "anna bert", "anna:0.1", "mask"):
        (tmp_path / f"{text}.jpg").write_bytes(text.encode())

    def run(*arguments: str) -> tuple[int, Any]:
        words = [str(tmp_path / word) if word.endswith(".jpg") else word for word in arguments]
        capsys.readouterr()
        status = main([*words, "--server", f"127.0.0.1:{service.server.port}", "--json"])
        lines = [
            line for line in capsys.readouterr().out.splitlines() if line.startswith(("{", "["))
        ]
        return status, json.loads(lines[-1]) if lines else None

    return run


def test_search_tells_each_photo_and_fails_for_one_that_has_no_answer(ask: Callable) -> None:
    """Found is 0, nobody is 4, a photo without an answer is 3."""
    status, answer = ask("search", "anna.jpg")
    assert status == 0
    assert answer[0]["matches"][0]["user_id"] == "u1"
    assert ask("search", "bert.jpg")[0] == 4
    status, answer = ask("search", "anna.jpg", "nobody.jpg")
    assert (status, answer[1]["reason"]) == (3, "NO_FACE")


def test_verify_and_compare_answer_by_exit_status(ask: Callable) -> None:
    """0 is yes, 4 is no, 1 is no answer."""
    assert ask("verify", "u1", "anna.jpg")[0] == 0
    assert ask("verify", "u1", "bert.jpg")[0] == 4
    assert ask("verify", "u2", "anna.jpg") == (1, None)
    assert ask("compare", "anna.jpg", "anna bert.jpg")[1]["match"] is True
    assert ask("compare", "anna.jpg", "bert.jpg")[0] == 4


def test_checkin_analyze_and_identify_answer_as_the_service_does(ask: Callable) -> None:
    """With the names and values that REST has."""
    status, answer = ask("checkin", "anna.jpg")
    assert (status, answer["decision"], answer["match"]["name"]) == (0, "MATCH", "Anna")
    assert ask("checkin", "anna:0.1.jpg")[1]["decision"] == "LOW_QUALITY"
    assert ask("checkin", "bert.jpg")[0] == 4
    status, answer = ask("analyze", "anna bert.jpg")
    assert (status, answer["faces_detected"]) == (0, 2)
    status, answer = ask("identify", "anna bert.jpg")
    assert [user["user_id"] for user in answer["users"]] == ["u1"]


def test_embed_and_liveness_answer_as_the_service_does(ask: Callable) -> None:
    """512 numbers of length 1; whether the face looks live is the exit status."""
    status, answer = ask("embed", "anna.jpg")
    assert (status, len(answer["embedding"])) == (0, 512)
    assert sum(number**2 for number in answer["embedding"]) == pytest.approx(1, abs=1e-4)
    assert ask("liveness", "anna.jpg")[1]["is_live"] is True
    assert ask("liveness", "mask.jpg")[0] == 4


def test_a_command_says_which_of_several_faces_it_used(
    ask: Callable, capsys: pytest.CaptureFixture[str], service: InProcess, tmp_path: Path
) -> None:
    """And lets the caller choose another, or refuse such photos."""
    assert ask("compare", "bert.jpg", "anna bert.jpg", "--face-2", "10,0,20,1")[1]["match"] is True
    assert ask("compare", "bert.jpg", "anna bert.jpg", "--face-2", "0,0,10,1")[1]["match"] is False
    assert ask("verify", "u1", "anna bert.jpg", "--face", "10,0,20,1")[0] == 4
    assert ask("search", "anna bert.jpg", "--single-face")[1][0]["reason"] == "AMBIGUOUS_FACE"
    assert ask("checkin", "anna bert.jpg", "--face", "anna") == (2, None)
    server = f"127.0.0.1:{service.server.port}"
    main(["search", str(tmp_path / "anna bert.jpg"), "--server", server])
    assert "2 faces; used the one at 0 0 10 1 (--face chooses another)" in capsys.readouterr().err


def test_limits_of_a_call_are_options(ask: Callable) -> None:
    """As the other ways to call have them."""
    target = ask("compare", "anna.jpg", "bert.jpg", "--target-fmr", "0.001")[1]
    assert target["target_reached"] is True
    decided = ask("checkin", "bert.jpg", "--review-band", "2", "--min-margin", "0")[1]
    assert decided["decision"] == "REVIEW"


def test_checkin_takes_frames_of_one_moment(ask: Callable, service: InProcess) -> None:
    """Judged together; several photos without saying what they are is a usage error."""
    still = ask("checkin", "--frames", "anna.jpg", "anna.jpg")
    assert (still[0], still[1]["reasons"][0]["reason"]) == (4, "STILL_IMAGE")
    differ = ask("checkin", "--frames", "anna.jpg", "bert.jpg")
    assert differ[1]["reasons"][0]["reason"] == "FRAMES_DIFFER"
    assert ask("checkin", "anna.jpg", "bert.jpg") == (2, None)
    assert ask("checkin", "--frames", "anna.jpg", "https://photos.example/anna") == (2, None)


def test_a_challenge_is_asked_for_and_redeemed(
    ask: Callable, service: InProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    """The token of one command is what the other one takes, once."""
    status, started = ask("challenge")
    assert (status, sorted(started["movements"])) == (0, ["LOOK_UP", "TURN_LEFT", "TURN_RIGHT"])
    shown = ["checkin", *["anna.jpg"] * 4, "--challenge", started["challenge_token"]]
    assert ask(*shown)[1]["decision"] == "NOT_LIVE"
    assert ask(*shown) == (1, None)
    assert main(["--server", f"127.0.0.1:{service.server.port}", "challenge"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("frame")]
    assert [line[:7] for line in lines] == ["frame 1", "frame 2", "frame 3", "frame 4"]
    assert {line[9:].strip() for line in lines[1:]} == {
        "turn the head to your left",
        "turn the head to your right",
        "raise the chin",
    }


def test_photo_comes_from_standard_input_or_a_url(
    ask: Callable, service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service fetches the URL."""
    service.source.pages["https://photos.example/anna"] = b"anna"
    assert ask("verify", "u1", "https://photos.example/anna")[0] == 0
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"anna")))
    assert ask("verify", "u1", "-")[0] == 0


def test_gallery_is_listed_shown_and_deleted(ask: Callable, service: InProcess) -> None:
    """A user who is not there is named, and the exit status tells."""
    for number in range(3):
        service.gallery.Enroll(pb.EnrollRequest(user_id=f"b{number}", image=b"bert"))
    assert [user["user_id"] for user in ask("gallery", "list")[1]] == ["b0", "b1", "b2", "u1"]
    assert [user["user_id"] for user in ask("gallery", "list", "--match", "ANN")[1]] == ["u1"]
    shown = ask("gallery", "show", "u1")[1]
    assert (shown["name"], shown["enrolled_samples"][0]["source"]) == ("Anna", "PHOTO")
    status, receipts = ask("gallery", "delete", "b0", "nobody", "b1")
    assert (status, [receipt["user_id"] for receipt in receipts]) == (3, ["b0", "b1"])


def test_users_are_edited_merged_and_their_samples_moved(
    ask: Callable, service: InProcess, tmp_path: Path
) -> None:
    """Each answers with its receipt; what is not given stays."""
    service.gallery.Enroll(pb.EnrollRequest(user_id="u2", name="Bert", image=b"bert"))
    assert ask("gallery", "edit", "u1", "--name", "Anne")[1]["version"] == 3
    (tmp_path / "m.json").write_text('{"floor": 3}')
    assert ask("gallery", "edit", "u1", "--metadata", f"@{tmp_path / 'm.json'}")[0] == 0
    shown = ask("gallery", "show", "u1")[1]
    assert (shown["name"], shown["metadata"]) == ("Anne", {"floor": 3})
    assert ask("gallery", "edit", "u1", "--name", "", "--expected-version", "4")[0] == 0
    assert ask("gallery", "show", "u1")[1]["name"] == ""
    assert ask("gallery", "edit", "u1", "--name", "A", "--expected-version", "4") == (1, None)

    assert ask("gallery", "merge", "u1", "u2", "--yes")[1]["samples_moved"] == 1
    _, sample = (one["sample_id"] for one in ask("gallery", "show", "u1")[1]["enrolled_samples"])
    assert ask("gallery", "move-sample", "u1", sample, "u3") == (1, None)
    status, answer = ask("gallery", "move-sample", "u1", sample, "u3", "--create")
    assert (status, answer["target_samples"]) == (0, 1)
    assert ask("gallery", "merge", "u1", "u3", "--yes")[0] == 0
    assert ask("gallery", "delete-sample", "u1", sample)[1]["samples"] == 1
    left = ask("gallery", "show", "u1")[1]["enrolled_samples"][0]["sample_id"]
    assert ask("gallery", "delete-sample", "u1", left) == (1, None)


def test_merge_asks_first(
    ask: Callable, service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No is the answer of whoever does not say yes."""
    service.gallery.Enroll(pb.EnrollRequest(user_id="u2", image=b"bert"))
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    assert ask("gallery", "merge", "u1", "u2") == (2, None)
    assert len(ask("gallery", "list")[1]) == 2


def test_user_is_shown_while_the_store_is_away(
    ask: Callable, service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the samples, which only the store has."""

    def away(*_: object, **__: object) -> None:
        raise StoreUnavailableError("The store cannot be reached.")

    monkeypatch.setattr(service.stored, "enrolled", away)
    status, shown = ask("gallery", "show", "u1")
    assert (status, shown["name"], shown["enrolled_samples"]) == (0, "Anna", [])
    assert ask("gallery", "show", "who") == (1, None)


def test_user_is_shown_with_a_table_of_samples(
    service: InProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is not known is a dash."""
    service.gallery.Enroll(pb.EnrollRequest(user_id="u1", name="Anna", image=b"anna"))
    service.stored.forget_facts()
    service.gallery.Enroll(pb.EnrollRequest(user_id="u1", image=b"anna", mode=pb.EnrollRequest.ADD))
    assert main(["--server", f"127.0.0.1:{service.server.port}", "gallery", "show", "u1"]) == 0
    _, old, new = capsys.readouterr().out.rsplit("\n", 3)[:3]
    assert old.split()[1:5] == ["-", "0.800", "-", "-"]
    assert new.split()[1:3] == ["photo", "0.800"]


def test_collections_are_listed_shown_and_set(ask: Callable) -> None:
    """What is set holds for the next call; what is unset is the server's again."""
    change = ("collections", "set", "door", "--match-threshold", "0.625", "--description", "Door")
    assert ask(*change)[1]["settings_version"] == 1
    status, shown = ask("collections", "show", "door")
    assert (status, shown["settings"]["description"]) == (0, "Door")
    assert shown["effective"]["search_threshold_from"] == "COLLECTION"
    assert [each["collection"] for each in ask("collections", "list")[1]] == ["default", "door"]
    assert ask("collections", "set", "door", "--unset", "match-threshold")[0] == 0
    shown = ask("collections", "show", "door")[1]
    assert shown["effective"]["search_threshold"] == pytest.approx(0.45)
    assert shown["settings"] == {"description": "Door"}
    assert ask("collections", "show", "nowhere")[0] == 1


def test_collection_is_shown_for_people(
    service: InProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    """With who decided each value."""
    service.gallery.SetCollection(
        pb.SetCollectionRequest(
            collection="door", settings=pb.CollectionSettings(quality_threshold=0.5)
        )
    )
    main(["collections", "show", "door", "--server", f"127.0.0.1:{service.server.port}"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "quality threshold 0.500, from the collection" in shown
    assert "search threshold 0.450, from the server" in shown


def test_every_page_of_a_gallery_is_listed(
    ask: Callable, service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last page has no token."""
    monkeypatch.setattr("facesvc.cli.commands.gallery.people.PAGE_SIZE", 2)
    for number in range(4):
        service.gallery.Enroll(pb.EnrollRequest(user_id=f"b{number}", image=b"bert"))
    assert len(ask("gallery", "list")[1]) == 5


def test_health_says_what_runs(ask: Callable) -> None:
    """As one object."""
    status, answer = ask("health")
    assert (status, answer["model"]["recognizer"]) == (0, "digest")


def test_control_characters_do_not_reach_the_terminal() -> None:
    """Metadata and files' names may hold them; joiners stay in names that need them."""
    assert printable("a\x1b[2J\u202eb\u200dc") == "a\ufffd[2J\ufffdb\u200dc"


def test_name_is_not_taken_for_markup(
    service: InProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is shown as it was enrolled."""
    service.gallery.Enroll(pb.EnrollRequest(user_id="u1", name="[red]x :smile:", image=b"anna"))
    assert main(["--server", f"127.0.0.1:{service.server.port}", "gallery", "list"]) == 0
    assert "[red]x :smile:" in capsys.readouterr().out


def test_server_comes_from_option_then_environment(
    service: InProcess, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Behind the command, before it, in FACESVC_SERVER."""
    here, nowhere = f"127.0.0.1:{service.server.port}", "127.0.0.1:1"
    monkeypatch.setenv("FACESVC_SERVER", nowhere)
    assert main(["health"]) == 1
    assert nowhere in capsys.readouterr().err
    assert main(["--address", here, "health"]) == 0
    assert main(["--server", nowhere, "health", "--server", here]) == 0
    monkeypatch.setenv("FACESVC_SERVER", here)
    assert main(["health"]) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["search"], "PHOTO"),
        (["nonsense"], "nonsense"),
        (["health", "--server", "http://127.0.0.1:8000"], "without http://"),
        (["health", "--cert", "x.pem"], "--cert and --key"),
        (["health", "--api-key-env", "NO_SUCH"], "NO_SUCH"),
        (["keys", "list"], "API_KEYS_FILE"),
        (["gallery", "alias", "a"], "--forget"),
        (["collections", "set", "door"], "--unset"),
        (["collections", "set", "door", "--unset", "colour"], "match_threshold"),
        (["collections", "set", "--target-fpir=1e-3", "--unset=target_fpir"], "both"),
        (["gallery", "edit", "a"], "--name"),
        (["gallery", "edit", "a", "--metadata", "[1]"], "JSON object"),
        (["gallery", "edit", "a", "--metadata", "{"], "JSON object"),
    ],
)
def test_wrong_usage_is_told(
    arguments: list[str],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With exit status 2."""
    monkeypatch.delenv("API_KEYS_FILE", raising=False)
    assert main(arguments) == 2
    assert says.casefold() in capsys.readouterr().err.casefold()


def test_every_command_has_help_with_the_exit_statuses(capsys: pytest.CaptureFixture[str]) -> None:
    """Of each command and each of its own."""
    from typer.main import get_command

    from facesvc.cli.app import app

    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        for task in getattr(command, "commands", {None: None}):
            assert main([name, *([task] if task else []), "--help"]) == 0
            assert "Exit status" in capsys.readouterr().out, (name, task)


def staffed(service: InProcess) -> None:
    """Enrol three more people, two of Sales."""
    for user_id, team in (("s1", "Sales"), ("s2", "Sales"), ("e1", "Engineering")):
        metadata = to_struct({"department": team, "floor": 3})
        request = pb.EnrollRequest(user_id=user_id, image=user_id.encode(), metadata=metadata)
        service.gallery.Enroll(request)


def test_where_chooses_people_in_every_command(ask: Callable, service: InProcess) -> None:
    """Listing, search, roll call and check-in; a bad condition is told by its field."""
    staffed(service)
    listed = ask("gallery", "list", "--where", "department=Sales", "--where", "floor=3")[1]
    assert [user["user_id"] for user in listed] == ["s1", "s2"]
    everybody = ("search", "anna.jpg", "--threshold", "-1", "--where")
    found = ask(*everybody, "department=Sales", "--metadata")[1][0]["matches"]
    assert {match["user_id"] for match in found} == {"s1", "s2"}
    assert found[0]["metadata"] == {"department": "Sales", "floor": 3}
    for command in ("search", "identify", "checkin"):
        assert ask(command, "anna.jpg", "--where", "department=Sales")[0] == 4
    assert ask("gallery", "list", "--where", "department")[0] == 1


def test_unknown_collection_is_told(
    ask: Callable, service: InProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside an answer that looks as if nobody matched."""
    server = ("--server", f"127.0.0.1:{service.server.port}", "--collection", "stafff")
    for words in (("search", "anna.jpg"), ("checkin", "anna.jpg"), ("gallery", "list")):
        said = [str(tmp_path / word) if word.endswith(".jpg") else word for word in words]
        main([*said, *server])
        assert "There is no collection stafff." in capsys.readouterr().err
        main(said + list(server[:2]))
        assert "There is no collection" not in capsys.readouterr().err
    del ask


def test_gallery_delete_by_filter_asks_first_and_tells_whom(
    ask: Callable, service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dry run, a no, a yes and nobody left."""
    staffed(service)
    sales = ("gallery", "delete", "--where", "department=Sales")
    assert ask(*sales, "--dry-run") == (0, ["s1", "s2"])
    assert ask("gallery", "delete", "u1", "who", "--dry-run") == (0, ["u1"])
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    assert ask(*sales)[0] == 2
    assert len(ask("gallery", "list")[1]) == 4
    assert ask(*sales, "--yes") == (0, ["s1", "s2"])
    assert ask(*sales, "--yes") == (4, [])
    assert [user["user_id"] for user in ask("gallery", "list")[1]] == ["e1", "u1"]
    for words in ((), ("u1", "--where", "department=Sales")):
        assert ask("gallery", "delete", *words)[0] == 2
