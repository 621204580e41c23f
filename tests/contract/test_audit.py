"""Audit entries of real calls, of the real server in process."""

from __future__ import annotations

import json
import time
from pathlib import Path

import grpc
import pytest

from facesvc.audit.trail import AuditError, Entry, FileTrail
from facesvc.bootstrap.access import callers_of
from facesvc.cli.main import main
from facesvc.settings import Settings
from facesvc.transport.authentication.api_keys import ApiKeys, make_api_key
from facesvc.transport.contract import methods
from facesvc.v1 import gallery_service_pb2 as pb
from harness.figures import record
from tests.contract.conftest import as_peer, serving


def entries(path: Path) -> list[dict[str, object]]:
    """Return what the file holds."""
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the audit goes."""
    return tmp_path / "audit.jsonl"


def test_writes_are_told_with_who_where_and_version_but_no_id(path: Path) -> None:
    """Reads have no entry; the same user has the same hash in every entry."""
    with serving(trail=FileTrail(path, b"")) as service:
        people = service.gallery
        people.Enroll(pb.EnrollRequest(user_id="anna-7", image=b"anna", collection="staff"))
        people.Search(pb.SearchRequest(image=b"anna", collection="staff"))
        people.DeleteEnrollment(pb.DeleteEnrollmentRequest(user_id="anna-7", collection="staff"))
    enroll, delete = entries(path)
    assert (enroll["call"], enroll["outcome"], enroll["version"]) == ("Enroll", "ok", 1)
    assert (delete["call"], delete["collection"]) == ("DeleteEnrollment", "staff")
    assert enroll["user"] == delete["user"]
    assert enroll["peer"] == "127.0.0.1"
    assert "anna" not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0


def test_failed_write_is_told_with_its_reason(path: Path) -> None:
    """Somebody tried to delete a user who is not there."""
    with serving(trail=FileTrail(path, b"")) as service, pytest.raises(grpc.RpcError):
        service.gallery.DeleteEnrollment(pb.DeleteEnrollmentRequest(user_id="u1"))
    (entry,) = entries(path)
    assert entry["outcome"] == "USER_NOT_FOUND"


def test_each_item_of_a_stream_has_its_entry(path: Path) -> None:
    """Stored, rejected and failed items, in their own collections."""
    items = [
        ("1", "u1", b"anna", "staff"),
        ("2", "u2", b"bert:0.1", "guests"),
        ("3", "u3", b"nobody", "staff"),
    ]
    with serving(trail=FileTrail(path, b"")) as service:
        requests = [
            pb.StreamEnrollRequest(
                item_id=item,
                enrollment=pb.EnrollRequest(user_id=user, image=image, collection=name),
            )
            for item, user, image, name in items
        ]
        list(service.gallery.StreamEnroll(iter(requests)))
    told = {(entry["outcome"], entry["collection"]) for entry in entries(path)}
    assert told == {("ok", "staff"), ("rejected", "guests"), ("failed", "staff")}
    assert all(entry["call"] == "StreamEnroll" for entry in entries(path))


def test_each_user_of_many_deletions_has_its_entry(path: Path) -> None:
    """So that it is known who deleted whom, also by a filter; a dry run deleted nobody."""
    with serving(trail=FileTrail(path, b"")) as service:
        people = service.gallery
        for user_id in ("u1", "u2"):
            people.Enroll(pb.EnrollRequest(user_id=user_id, image=b"anna", collection="staff"))
        asked = pb.DeleteUsersRequest(user_ids=["u1", "u2"], collection="staff", dry_run=True)
        people.DeleteUsers(asked)
        asked.dry_run = False
        people.DeleteUsers(asked)
    first, second, dry, *deleted = entries(path)
    assert (dry["call"], dry["outcome"]) == ("DeleteUsers", "dry_run")
    assert "user" not in dry
    assert [(one["outcome"], one["user"]) for one in deleted] == [
        ("ok", first["user"]),
        ("ok", second["user"]),
    ]
    assert {(one["collection"], one["version"]) for one in deleted} == {("staff", 4)}


def keyed(path: Path, folder: Path) -> tuple[str, ApiKeys]:
    """A key that may search only, and the file that knows it."""
    key, entry = make_api_key("kiosk", ["search"], [])
    file = folder / "keys.toml"
    file.write_text(entry)
    return key, ApiKeys(file)


def test_refused_access_is_told_and_guessing_does_not_fill_the_file(
    path: Path, tmp_path: Path
) -> None:
    """A key without the scope has an entry with its name; 500 guesses have twenty in all, and the
    holder of a key is not held up by them.
    """
    key, callers = keyed(path, tmp_path)
    request = pb.DeleteEnrollmentRequest(user_id="u1")
    with serving(callers, trail=FileTrail(path, b"")) as service:
        delete = service.gallery.DeleteEnrollment
        with pytest.raises(grpc.RpcError):
            delete(request, metadata=(("x-api-key", key),))
        began = time.monotonic()
        guesses = [
            delete.future(request, metadata=(("x-api-key", f"guess-{number}"),))
            for number in range(500)
        ]
        search = pb.SearchRequest(image=b"anna")
        asked = time.monotonic()
        service.gallery.Search(search, metadata=(("x-api-key", key),), timeout=1.5)
        beside_ms = (time.monotonic() - asked) * 1000
        codes = [guess.code() for guess in guesses]
        slowest_s = time.monotonic() - began
        assert slowest_s > 1.5  # the last ones are held for two seconds
    assert codes == [grpc.StatusCode.UNAUTHENTICATED] * 500
    told = entries(path)
    record(
        "guesses",
        f"500 guesses at once: the last answered after {slowest_s:.1f} s, {len(told)} entries;"
        f" a call with a key from the same address beside them: {beside_ms:.0f} ms",
    )
    assert len(told) == 20
    assert told[0]["outcome"] == "PERMISSION_DENIED"
    assert {entry["outcome"] for entry in told[1:]} == {"UNAUTHENTICATED"}
    assert "guess" not in path.read_text()


def test_guesses_from_one_ipv6_site_count_together(path: Path, tmp_path: Path) -> None:
    """Who has a /64 has 2^64 addresses: another one for each guess is answered no sooner, and makes
    no more entries.
    """
    _, callers = keyed(path, tmp_path)
    with serving(callers, trail=FileTrail(path, b"")) as service:
        began = time.monotonic()
        guesses = [
            service.gallery.Search.future(
                pb.SearchRequest(image=b"anna"),
                metadata=(("x-api-key", f"{number}"), *as_peer(f"[2001:db8::{number + 1:x}]:1")),
            )
            for number in range(40)
        ]
        codes = [guess.code() for guess in guesses]
        assert time.monotonic() - began > 1.5
    assert codes == [grpc.StatusCode.UNAUTHENTICATED] * 40
    assert len(entries(path)) == 20
    assert len({entry["peer"] for entry in entries(path)}) == 20


def test_changes_of_keys_are_told_by_name(path: Path, tmp_path: Path) -> None:
    """Which came, went and changed, as soon as the file is read again; nothing of the keys."""
    settings = Settings.model_construct(api_keys_file=tmp_path / "keys.toml")
    (_, kiosk), (_, door), (key, admin) = (
        make_api_key(name, ["search"], []) for name in ("kiosk", "door", "admin")
    )
    assert settings.api_keys_file is not None
    settings.api_keys_file.write_text(kiosk + door)
    callers = callers_of(settings, FileTrail(path, b""))
    assert callers is not None
    settings.api_keys_file.write_text(door.replace('"search"', '"enroll"') + admin)
    time.sleep(1.1)  # it looks once a second
    assert callers.caller_of(key) is not None
    told = [(entry["call"], entry["outcome"], entry["key"]) for entry in entries(path)]
    record("key_changes", f"3 changes of the keys file: {len(told)} audit entries, each by name")
    assert told == [
        ("ApiKeys", "removed", "kiosk"),
        ("ApiKeys", "added", "admin"),
        ("ApiKeys", "changed", "door"),
    ]


def test_command_finds_a_users_entries(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the key beside the file; nobody else's, and exit status 4 for nobody."""
    with serving(trail=FileTrail(path, b"")) as service:
        for user in ("u1", "u2"):
            service.gallery.Enroll(pb.EnrollRequest(user_id=user, image=b"anna"))
    assert main(["audit", str(path), "--user", "u1", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert entry["version"] == 1
    assert main(["audit", str(path), "--user", "u3"]) == 4
    assert main(["audit", str(path), "--call", "Enroll", "--since", "2999-01-01"]) == 4


def test_replicas_with_one_key_agree_on_a_user(tmp_path: Path) -> None:
    """And without one each file has its own."""
    shared = [FileTrail(tmp_path / name, b"key").hash_of("u1") for name in ("a", "b")]
    own = [FileTrail(tmp_path / name, b"").hash_of("u1") for name in ("c", "d", "c")]
    assert shared[0] == shared[1]
    assert own[0] == own[2] != own[1]


def test_file_that_cannot_be_written_is_an_error_at_start(tmp_path: Path) -> None:
    """It names the file."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(AuditError, match="taken"):
        FileTrail(tmp_path / "taken" / "audit.jsonl", b"")


def test_full_disk_costs_no_call_and_loses_no_entry(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The entry goes to the log."""
    trail = FileTrail(path, b"")
    trail.close()
    trail.write(Entry("Enroll", "ok", version=3))
    assert "audit file cannot be written" in capsys.readouterr().out


def test_contract_says_which_calls_are_audited() -> None:
    """What changes, takes or erases; no read."""
    audited = {method.name for method in methods() if method.access.audited}
    assert {"Enroll", "DeleteEnrollment", "ExportGallery", "EraseDeleted"} <= audited
    assert "ReplayDeadLetters" in audited
    assert not audited & {"Embed", "Search", "GetEnrollment", "ListGallery", "ListEvents"}
