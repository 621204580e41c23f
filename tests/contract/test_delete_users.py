"""DeleteUsers over the real server in process."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from facesvc.application.delete_users import MOST_AT_ONCE
from facesvc.domain.errors import StoreUnavailableError
from facesvc.transport.convert.answers import to_struct
from facesvc.v1 import gallery_service_pb2 as pb
from tests.contract.conftest import InProcess
from tests.contract.expect import failure
from tests.unit.gallery.gallery_fixtures import CALL, face

SALES = ["department=Sales"]
BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "user_ids"),
    ({"user_ids": ["u0"], "where": SALES}, "user_ids"),
    ({"user_ids": ["u0", ""]}, "user_ids[1]"),
    ({"user_ids": ["x" * 129]}, "user_ids[0]"),
    ({"user_ids": ["u"] * (MOST_AT_ONCE + 1)}, "user_ids"),
    ({"where": ["department"]}, "where[0]"),
    ({"where": SALES, "page_size": 5}, "page_size"),
    ({"where": SALES, "page_token": "x"}, "page_token"),
    ({"where": SALES, "dry_run": True, "page_size": 1001}, "page_size"),
    ({"where": SALES, "dry_run": True, "page_token": "x"}, "page_token"),
    ({"user_ids": ["u0"], "dry_run": True, "page_token": "x"}, "page_token"),
    ({"where": SALES, "collection": "No Such"}, "collection"),
    ({"where": SALES, "request_id": "x" * 129}, "request_id"),
]


@pytest.fixture(autouse=True)
def staff(service: InProcess) -> None:
    """Ten people, the even ones of Sales; u0 has two samples."""
    for number in range(10):
        metadata = {"department": "Engineering" if number % 2 else "Sales"}
        enroll(service, f"u{number}", metadata=to_struct(metadata))
    enroll(service, "u0", mode=pb.EnrollRequest.ADD)


def enroll(service: InProcess, user_id: str, **fields: Any) -> None:
    """Enrol anna under a user_id."""
    service.gallery.Enroll(pb.EnrollRequest(user_id=user_id, image=b"anna", **fields))


def delete(service: InProcess, **fields: Any) -> pb.DeleteUsersResponse:
    """Make the call."""
    return service.gallery.DeleteUsers(pb.DeleteUsersRequest(**fields))


def users(service: InProcess) -> list[str]:
    """Return who is enrolled."""
    page = service.gallery.ListGallery(pb.ListGalleryRequest(page_size=1000))
    return [user.user_id for user in page.users]


def test_list_of_users_is_removed_and_who_is_missing_is_counted(service: InProcess) -> None:
    """Named twice is named once; the version lets a read see it."""
    answer = delete(service, user_ids=["u0", "who", "u1", "u0"])
    assert (answer.users_deleted, answer.samples_removed, answer.users_missing) == (2, 3, 1)
    assert answer.version == 13
    assert (answer.users_left, list(answer.user_ids)) == (0, ["u0", "u1"])
    assert users(service) == [f"u{number}" for number in range(2, 10)]


def test_those_whom_a_filter_chooses_are_removed(service: InProcess) -> None:
    """And nobody else."""
    answer = delete(service, where=SALES)
    assert (answer.users_deleted, answer.samples_removed, answer.users_left) == (5, 6, 0)
    assert list(answer.user_ids) == ["u0", "u2", "u4", "u6", "u8"]
    assert users(service) == ["u1", "u3", "u5", "u7", "u9"]
    again = delete(service, where=SALES)
    assert (again.users_deleted, again.version) == (0, 0)


def test_filter_removes_a_thousand_and_counts_the_others(service: InProcess) -> None:
    """In order of user_id; another call goes on."""
    for number in range(MOST_AT_ONCE):
        enrolment = face(f"v{number:04}", 1, collection="default", metadata={"department": "Sales"})
        service.stored.enroll(enrolment, CALL)
    answer = delete(service, where=SALES)
    assert (answer.users_deleted, answer.users_left) == (MOST_AT_ONCE, 5)
    assert delete(service, where=SALES).users_left == 0
    assert users(service) == ["u1", "u3", "u5", "u7", "u9"]


def test_dry_run_tells_whom_and_removes_nobody(service: InProcess) -> None:
    """Page by page, for a filter and for a list; the real call removes just those."""
    before = service.stored.version
    for asked, missing, left in (
        ({"where": SALES}, 0, 5),
        ({"user_ids": ["u8", "u6", "u4", "who", "u2", "u0"]}, 1, 0),
    ):
        told: list[str] = []
        token, pages = "", 0
        while True:
            answer = delete(service, **asked, dry_run=True, page_size=2, page_token=token)
            assert (answer.users_deleted, answer.samples_removed, answer.version) == (0, 0, 0)
            assert (answer.users_missing, answer.users_left) == (missing, left)
            told += answer.user_ids
            pages += 1
            token = answer.next_page_token
            if not token:
                break
        assert (told, pages) == (["u0", "u2", "u4", "u6", "u8"], 3)
    assert service.stored.version == before
    assert delete(service, where=SALES).users_deleted == 5


def test_retry_with_the_request_id_removes_nobody_anew(service: InProcess) -> None:
    """Nor one who was enrolled again meanwhile; of a list it counts what the first try removed."""
    listed = {"user_ids": ["u0", "u1"], "request_id": "r1"}
    first = delete(service, **listed)
    chosen = {"where": SALES, "request_id": "r2"}
    delete(service, **chosen)
    enroll(service, "u1")
    enroll(service, "u2", metadata=to_struct({"department": "Sales"}))
    assert delete(service, **listed) == first
    assert delete(service, **chosen).users_left == 1
    assert {"u1", "u2"} <= set(users(service))
    assert delete(service, where=SALES, request_id="r3").users_deleted == 1


def test_request_id_of_deletions_is_none_of_another_call(service: InProcess) -> None:
    """The same text is another key there."""
    delete(service, user_ids=["u0"], request_id="r")
    enroll(service, "u0", request_id="r")
    assert "u0" in users(service)


def test_user_who_changes_meanwhile_is_not_removed_by_a_filter(
    service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may not be chosen any more."""
    really = service.stored.delete_many

    def changed_before(deletions: Any, call: Any) -> Any:
        monkeypatch.undo()
        enroll(service, "u4", metadata=to_struct({"department": "Engineering"}))
        enroll(service, "u6", metadata=to_struct({"department": "Sales"}))
        return really(deletions, call)

    monkeypatch.setattr(service.stored, "delete_many", changed_before)
    answer = delete(service, where=SALES)
    assert (answer.users_deleted, answer.users_left) == (3, 1)
    assert {"u4", "u6"} <= set(users(service))


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("asked", [{"user_ids": ["u0"]}, {"where": SALES}])
def test_unknown_collection_is_an_error(
    service: InProcess, asked: dict[str, Any], dry_run: bool
) -> None:
    """Nobody is taken for removed where nobody ever was."""
    said = failure(lambda: delete(service, **asked, dry_run=dry_run, collection="stafff"))
    assert (said.code, said.reason) == (grpc.StatusCode.NOT_FOUND, "COLLECTION_NOT_FOUND")


@pytest.mark.parametrize(("fields", "field"), BAD)
def test_bad_request_names_its_field_and_removes_nobody(
    service: InProcess, fields: dict[str, Any], field: str
) -> None:
    """An empty request removes nobody rather than everybody."""
    said = failure(lambda: delete(service, **fields))
    assert (said.reason, said.fields) == ("INVALID_FIELD", [field])
    assert len(users(service)) == 10


def test_store_that_fails_for_one_fails_the_call(
    service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then some may be gone, and the retry goes on with the others."""
    really = service.stored.delete_many

    def half(deletions: Any, call: Any) -> Any:
        monkeypatch.undo()
        return [*really(deletions[:2], call), StoreUnavailableError("It is away.")]

    monkeypatch.setattr(service.stored, "delete_many", half)
    asked = {"user_ids": ["u0", "u1", "u2"], "request_id": "r"}
    said = failure(lambda: delete(service, **asked))
    assert (said.code, said.reason) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
    assert delete(service, **asked).users_deleted == 3
