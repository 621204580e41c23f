"""What is known of a user's samples, over the real server in process."""

from __future__ import annotations

from typing import Any

import grpc
import numpy as np
import pytest

from facesvc.v1 import gallery_service_pb2 as pb
from facesvc.v1 import types_pb2 as types
from tests.contract.conftest import InProcess
from tests.contract.expect import failure

ADD = pb.EnrollRequest.ADD


@pytest.fixture
def people(service: InProcess) -> InProcess:
    """Anna with two samples of photos and one of an embedding; Bert with one."""
    vector = np.zeros(512, np.float32)
    vector[0] = 1.0
    embedding = types.FaceEmbedding(values=vector.tolist(), model="digest")
    for request in (
        pb.EnrollRequest(user_id="anna", image=b"anna", name="Anna"),
        pb.EnrollRequest(user_id="anna", image=b"anna-other", mode=ADD),
        pb.EnrollRequest(user_id="anna", embedding=embedding, mode=ADD),
        pb.EnrollRequest(user_id="bert", image=b"bert"),
    ):
        assert service.gallery.Enroll(request).success
    return service


def samples(service: InProcess, user_id: str) -> list[pb.EnrolledSample]:
    """Return a user's samples."""
    return list(service.gallery.ListSamples(pb.ListSamplesRequest(user_id=user_id)).samples)


def test_samples_tell_where_they_are_from_but_no_embedding(service: InProcess) -> None:
    """The box is that of Enroll's answer; what is not known of an embedding is absent."""
    enrolled = service.gallery.Enroll(pb.EnrollRequest(user_id="anna", image=b"anna"))
    embedding = types.FaceEmbedding(packed=np.eye(1, 512, dtype="<f4").tobytes(), model="digest")
    service.gallery.Enroll(pb.EnrollRequest(user_id="anna", embedding=embedding, mode=ADD))
    photo, given = samples(service, "anna")
    assert (photo.source, given.source) == (pb.EnrolledSample.PHOTO, pb.EnrolledSample.EMBEDDING)
    assert list(photo.bbox) == list(enrolled.face.bbox)
    assert photo.quality == enrolled.quality.score
    assert photo.recognizability == enrolled.quality.recognizability
    assert (given.HasField("quality"), given.HasField("recognizability")) == (False, False)
    assert not given.bbox
    assert len(photo.sample_id) == 32
    assert (photo.version, given.version) == (1, 2)
    assert photo.created_at.ToJsonString() == "2026-01-02T03:04:05Z"
    fields = {field.name for field in pb.EnrolledSample.DESCRIPTOR.fields}
    assert not {name for name in fields if "embedding" in name}


def test_listing_has_the_version_for_a_change_of_the_user(people: InProcess) -> None:
    """The user's own, not the collection's."""
    answer = people.gallery.ListSamples(pb.ListSamplesRequest(user_id="anna"))
    assert (answer.user_id, len(answer.samples), answer.version) == ("anna", 3, 3)


def test_enrollment_has_its_samples_only_when_asked(people: InProcess) -> None:
    """They are those of ListSamples."""
    plain = people.gallery.GetEnrollment(pb.GetEnrollmentRequest(user_id="anna"))
    assert (plain.samples, len(plain.enrolled_samples)) == (3, 0)
    asked = people.gallery.GetEnrollment(
        pb.GetEnrollmentRequest(user_id="anna", include_samples=True)
    )
    assert list(asked.enrolled_samples) == samples(people, "anna")
    assert (asked.samples, asked.name) == (3, "Anna")


@pytest.mark.parametrize(
    ("fields", "code", "reason", "field"),
    [
        ({"user_id": ""}, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD", ["user_id"]),
        ({"user_id": "a\nb"}, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD", ["user_id"]),
        ({"collection": "No"}, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD", ["collection"]),
        ({"user_id": "who"}, grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND", []),
        ({"min_version": 99}, grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE", []),
    ],
)
def test_bad_look_up_of_samples_is_refused(
    people: InProcess, fields: dict[str, Any], code: grpc.StatusCode, reason: str, field: list[str]
) -> None:
    """By both calls that tell them."""
    values = {"user_id": "anna", **fields}
    for call in (
        lambda: people.gallery.ListSamples(pb.ListSamplesRequest(**values)),
        lambda: people.gallery.GetEnrollment(
            pb.GetEnrollmentRequest(**values, include_samples=True)
        ),
    ):
        said = failure(call)
        assert (said.code, said.reason, said.fields) == (code, reason, field)
