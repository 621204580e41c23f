"""UpdateUser, DeleteSample, MoveSample and MergeUsers, over the real server in process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import facesvc_client as fc
import grpc
import pytest
from google.protobuf import struct_pb2

from facesvc.audit.reading import Wanted, hash_for, read_entries
from facesvc.audit.trail import FileTrail
from facesvc.v1 import gallery_service_pb2 as pb
from tests.contract.conftest import InProcess, serving
from tests.contract.expect import failure

INVALID, ABSENT = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
REFUSED = grpc.StatusCode.FAILED_PRECONDITION
NOBODYS = "0" * 32


def fill(service: InProcess) -> None:
    """Anna with two samples, Bert with one."""
    metadata = struct_pb2.Struct()
    metadata.update({"floor": 3})
    for request in (
        pb.EnrollRequest(user_id="anna", image=b"anna", name="Anna", metadata=metadata),
        pb.EnrollRequest(user_id="anna", image=b"other", mode=pb.EnrollRequest.ADD),
        pb.EnrollRequest(user_id="bert", image=b"bert", name="Bert"),
    ):
        assert service.gallery.Enroll(request).success


@pytest.fixture
def people(service: InProcess) -> InProcess:
    """The service with both."""
    fill(service)
    return service


def sample_of(service: InProcess, user_id: str, number: int = 0) -> str:
    """Return the id of one of a user's samples."""
    answer = service.gallery.ListSamples(pb.ListSamplesRequest(user_id=user_id))
    return str(answer.samples[number].sample_id)


def user(service: InProcess, user_id: str) -> pb.GetEnrollmentResponse:
    """Return what is known of a user."""
    return service.gallery.GetEnrollment(pb.GetEnrollmentRequest(user_id=user_id))


def found(service: InProcess, image: bytes) -> list[str]:
    """Return whom a photo finds."""
    matches = service.gallery.Search(pb.SearchRequest(image=image)).matches
    return [match.user_id for match in matches]


def test_update_changes_what_the_mask_names_and_nothing_else(people: InProcess) -> None:
    """A field of the mask that is empty is cleared; one that is given beside it is not."""
    metadata = struct_pb2.Struct()
    metadata.update({"badge": 7})
    answer = people.gallery.UpdateUser(
        pb.UpdateUserRequest(
            user_id="anna", name="Anna K.", metadata=metadata, update_mask={"paths": ["name"]}
        )
    )
    assert (answer.user_id, answer.version, answer.samples) == ("anna", 4, 2)
    assert (user(people, "anna").name, user(people, "anna").metadata["floor"]) == ("Anna K.", 3)
    people.gallery.UpdateUser(
        pb.UpdateUserRequest(user_id="anna", update_mask={"paths": ["name", "metadata"]})
    )
    assert (user(people, "anna").name, len(user(people, "anna").metadata)) == ("", 0)
    assert user(people, "anna").version == 5
    assert found(people, b"anna") == ["anna"]


def test_update_without_a_mask_changes_what_is_given(people: InProcess) -> None:
    """What is empty stays as it is."""
    people.gallery.UpdateUser(pb.UpdateUserRequest(user_id="anna", name="Anna K."))
    assert (user(people, "anna").name, user(people, "anna").metadata["floor"]) == ("Anna K.", 3)
    metadata = struct_pb2.Struct()
    metadata.update({"badge": 7})
    people.gallery.UpdateUser(pb.UpdateUserRequest(user_id="anna", metadata=metadata))
    changed = user(people, "anna")
    assert (changed.name, dict(changed.metadata)) == ("Anna K.", {"badge": 7.0})


def test_deleted_sample_is_found_no_more(people: InProcess) -> None:
    """The user is, by the other one."""
    request = pb.DeleteSampleRequest(user_id="anna", sample_id=sample_of(people, "anna"))
    answer = people.gallery.DeleteSample(request)
    assert (answer.user_id, answer.sample_id) == ("anna", request.sample_id)
    assert (answer.version, answer.samples) == (4, 1)
    assert (found(people, b"anna"), found(people, b"other")) == ([], ["anna"])


def test_last_sample_stays_and_the_error_says_what_to_do(people: InProcess) -> None:
    """For a deletion and for a move."""
    sample = sample_of(people, "bert")
    for call in (
        lambda: people.gallery.DeleteSample(
            pb.DeleteSampleRequest(user_id="bert", sample_id=sample)
        ),
        lambda: people.gallery.MoveSample(
            pb.MoveSampleRequest(user_id="bert", sample_id=sample, target_user_id="anna")
        ),
    ):
        said = failure(call)
        assert (said.code, said.reason) == (REFUSED, "LAST_SAMPLE")
        assert "DeleteEnrollment" in said.message
        assert "MergeUsers" in said.message
    assert found(people, b"bert") == ["bert"]


def test_moved_sample_is_the_targets(people: InProcess) -> None:
    """Who may be made by it, when asked."""
    request = pb.MoveSampleRequest(
        user_id="anna", sample_id=sample_of(people, "anna", 1), target_user_id="bert"
    )
    answer = people.gallery.MoveSample(request)
    assert (answer.user_id, answer.target_user_id) == ("anna", "bert")
    assert (answer.version, answer.target_samples) == (4, 2)
    assert found(people, b"other") == ["bert"]
    request = pb.MoveSampleRequest(
        user_id="bert", sample_id=request.sample_id, target_user_id="carl"
    )
    said = failure(lambda: people.gallery.MoveSample(request))
    assert (said.reason, said.metadata["user_id"]) == ("USER_NOT_FOUND", "carl")
    request.create_target = True
    assert people.gallery.MoveSample(request).target_samples == 1
    assert (found(people, b"other"), user(people, "carl").name) == (["carl"], "")


def test_merged_user_has_every_sample_and_the_other_is_gone(people: InProcess) -> None:
    """Name and metadata are those of the user who stays."""
    request = pb.MergeUsersRequest(user_id="anna", source_user_id="bert")
    answer = people.gallery.MergeUsers(request)
    assert (answer.user_id, answer.source_user_id, answer.version) == ("anna", "bert", 4)
    assert (answer.samples, answer.samples_moved) == (3, 1)
    assert [found(people, photo) for photo in (b"anna", b"other", b"bert")] == [["anna"]] * 3
    assert (user(people, "anna").name, user(people, "anna").metadata["floor"]) == ("Anna", 3)
    assert failure(lambda: user(people, "bert")).reason == "USER_NOT_FOUND"


def test_conflict_of_a_merge_says_whose_version_it_is(people: InProcess) -> None:
    """The source's has a field of its own."""
    request = pb.MergeUsersRequest(
        user_id="anna", source_user_id="bert", expected_version=2, expected_source_version=9
    )
    said = failure(lambda: people.gallery.MergeUsers(request))
    assert (said.code, said.reason) == (grpc.StatusCode.ABORTED, "VERSION_CONFLICT")
    assert said.metadata == {"expected": "9", "actual": "3", "user_id": "bert"}


@pytest.mark.parametrize("call", ["UpdateUser", "DeleteSample", "MoveSample", "MergeUsers"])
def test_edit_with_the_same_request_id_is_one_write(people: InProcess, call: str) -> None:
    """The receipt is the same; another request with the id is refused."""
    sample = sample_of(people, "anna")
    requests: dict[str, Any] = {
        "UpdateUser": pb.UpdateUserRequest(name="A"),
        "DeleteSample": pb.DeleteSampleRequest(sample_id=sample),
        "MoveSample": pb.MoveSampleRequest(sample_id=sample, target_user_id="bert"),
        "MergeUsers": pb.MergeUsersRequest(source_user_id="bert"),
    }
    request = requests[call]
    request.user_id, request.request_id = "anna", "r1"
    first = getattr(people.gallery, call)(request)
    assert getattr(people.gallery, call)(request) == first
    assert people.stored.version == 4
    again = pb.DeleteEnrollmentRequest(user_id="anna", request_id="r1")
    said = failure(lambda: people.gallery.DeleteEnrollment(again))
    assert (said.reason, said.fields) == ("INVALID_FIELD", ["request_id"])


@pytest.mark.parametrize(
    ("call", "fields", "code", "reason", "field"),
    [
        ("UpdateUser", {"user_id": "", "name": "A"}, INVALID, "INVALID_FIELD", "user_id"),
        ("UpdateUser", {"user_id": "who", "name": "A"}, ABSENT, "USER_NOT_FOUND", ""),
        ("UpdateUser", {}, INVALID, "INVALID_FIELD", "update_mask"),
        ("UpdateUser", {"mask": ["samples"]}, INVALID, "INVALID_FIELD", "update_mask"),
        ("UpdateUser", {"mask": ["metadata.floor"]}, INVALID, "INVALID_FIELD", "update_mask"),
        ("UpdateUser", {"name": "x" * 257}, INVALID, "INVALID_FIELD", "name"),
        ("UpdateUser", {"name": "a\nb"}, INVALID, "INVALID_FIELD", "name"),
        ("UpdateUser", {"data": {"k": "x" * 20_000}}, INVALID, "INVALID_FIELD", "metadata"),
        ("UpdateUser", {"data": {"k": float("nan")}}, INVALID, "INVALID_FIELD", "metadata"),
        ("UpdateUser", {"name": "A", "collection": "No"}, INVALID, "INVALID_FIELD", "collection"),
        (
            "UpdateUser",
            {"name": "A", "request_id": "x" * 129},
            INVALID,
            "INVALID_FIELD",
            "request_id",
        ),
        ("DeleteSample", {"sample_id": ""}, INVALID, "INVALID_FIELD", "sample_id"),
        ("DeleteSample", {"sample_id": "../secret"}, INVALID, "INVALID_FIELD", "sample_id"),
        ("DeleteSample", {"sample_id": NOBODYS}, ABSENT, "SAMPLE_NOT_FOUND", ""),
        ("DeleteSample", {"user_id": "who"}, ABSENT, "USER_NOT_FOUND", ""),
        ("MoveSample", {"sample_id": "x"}, INVALID, "INVALID_FIELD", "sample_id"),
        ("MoveSample", {"sample_id": NOBODYS}, ABSENT, "SAMPLE_NOT_FOUND", ""),
        ("MoveSample", {"target_user_id": ""}, INVALID, "INVALID_FIELD", "target_user_id"),
        ("MoveSample", {"target_user_id": "anna"}, INVALID, "INVALID_FIELD", "target_user_id"),
        ("MoveSample", {"target_user_id": "x" * 129}, INVALID, "INVALID_FIELD", "target_user_id"),
        ("MergeUsers", {"source_user_id": ""}, INVALID, "INVALID_FIELD", "source_user_id"),
        ("MergeUsers", {"source_user_id": "anna"}, INVALID, "INVALID_FIELD", "source_user_id"),
        ("MergeUsers", {"source_user_id": "who"}, ABSENT, "USER_NOT_FOUND", ""),
        ("MergeUsers", {"user_id": "who"}, ABSENT, "USER_NOT_FOUND", ""),
    ],
)
def test_bad_edit_is_refused_and_changes_nothing(
    people: InProcess,
    call: str,
    fields: dict[str, Any],
    code: grpc.StatusCode,
    reason: str,
    field: str,
) -> None:
    """Every field that can be wrong."""
    values: dict[str, Any] = {"user_id": "anna", **fields}
    if call in ("DeleteSample", "MoveSample"):
        values.setdefault("sample_id", sample_of(people, "anna"))
    if call == "MoveSample":
        values.setdefault("target_user_id", "bert")
    if call == "MergeUsers":
        values.setdefault("source_user_id", "bert")
    if call == "UpdateUser" and "request_id" in values:
        values["name"] = "A"
    if "mask" in values:
        values["update_mask"] = {"paths": values.pop("mask")}
    if "data" in values:
        values["metadata"] = struct_pb2.Struct()
        values["metadata"].update(values.pop("data"))
    before = people.stored.version
    request = getattr(pb, f"{call}Request")(**values)
    said = failure(lambda: getattr(people.gallery, call)(request))
    assert (said.code, said.reason, said.fields) == (code, reason, [field] if field else [])
    assert people.stored.version == before


def test_edit_has_one_audit_entry_that_tells_both_users(tmp_path: Path) -> None:
    """By their hashes; either of them finds it."""
    path = tmp_path / "audit.jsonl"
    with serving(trail=FileTrail(path, b"")) as service:
        fill(service)
        service.gallery.UpdateUser(pb.UpdateUserRequest(user_id="anna", name="Anne"))
        sample = sample_of(service, "anna")
        service.gallery.MoveSample(
            pb.MoveSampleRequest(user_id="anna", sample_id=sample, target_user_id="bert")
        )
        service.gallery.MergeUsers(pb.MergeUsersRequest(user_id="anna", source_user_id="bert"))
        service.gallery.DeleteSample(pb.DeleteSampleRequest(user_id="anna", sample_id=sample))
    entries = [json.loads(line) for line in path.read_text().splitlines()][3:]
    anna, bert = (hash_for(path, name) for name in ("anna", "bert"))
    assert [
        (one["call"], one["user"], one.get("other_user"), one["version"]) for one in entries
    ] == [
        ("UpdateUser", anna, None, 4),
        ("MoveSample", anna, bert, 5),
        ("MergeUsers", anna, bert, 6),
        ("DeleteSample", anna, None, 7),
    ]
    about_bert = [one["call"] for one in read_entries(path, Wanted(user=bert))]
    assert about_bert == ["Enroll", "MoveSample", "MergeUsers"]
    assert "Anne" not in path.read_text()


@pytest.fixture
def client(people: InProcess) -> Any:
    """The Python client."""
    with fc.Client(f"127.0.0.1:{people.server.port}") as made:
        yield made


def test_python_client_edits_users(people: InProcess, client: fc.Client) -> None:
    """By the names of its other methods, with a request id of its own each time."""
    assert client.update("anna", name="", metadata={"badge": 7}).version == 4
    changed = client.get("anna")
    assert (changed.name, changed.metadata["badge"]) == ("", 7)
    first, second = (one.sample_id for one in client.samples("anna").samples)
    assert client.move_sample("anna", first, "carl", create=True).target_samples == 1
    assert client.merge("anna", "carl", expected_version=5).samples == 2
    assert client.delete_sample("anna", second, expected_version=6).samples == 1
    with pytest.raises(fc.NotFoundError):
        client.delete_sample("anna", second)
    with pytest.raises(fc.VersionConflictError):
        client.merge("anna", "bert", expected_source_version=1)
    assert found(people, b"anna") == ["anna"]
