"""GalleryService over the real server in process."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import grpc
import pytest
from google.protobuf import json_format, struct_pb2

from facesvc.application.enroll import EnrollOutcome
from facesvc.application.enrolment_identity import IdentityDoubts
from facesvc.domain.errors import StoreUnavailableError
from facesvc.domain.rejection import Rejection, RejectionReason
from facesvc.domain.risk import GallerySize
from facesvc.transport.convert.enroll import to_response
from facesvc.v1 import gallery_service_pb2 as pb
from tests.contract.conftest import RULES, InProcess, serving
from tests.contract.expect import failure
from tests.fakes import IMPOSTORS

INVALID = grpc.StatusCode.INVALID_ARGUMENT


def enroll(service: InProcess, user_id: str, image: bytes, **fields: Any) -> pb.EnrollResponse:
    """Enrol with the given fields."""
    return service.gallery.Enroll(pb.EnrollRequest(user_id=user_id, image=image, **fields))


def test_enrolment_answers_with_success_quality_message_and_version(service: InProcess) -> None:
    """What the contract shows, and the version for reads that must see it."""
    answer = enroll(service, "u1", b"anna", name="Anna")
    assert answer.success
    assert answer.message == "Face enrolled successfully"
    assert answer.quality.score == pytest.approx(0.8)
    assert (answer.user_id, answer.version, answer.samples) == ("u1", 1, 1)


def test_the_message_of_a_refusal_says_each_hint_once() -> None:
    """A blurred face is short of identity for the same reason, which has the same hint."""
    hints = ["Hold still.", "Hold still.", "Come closer."]
    rejections = [Rejection(RejectionReason.TOO_BLURRED, 0.9, 0.8, hint) for hint in hints]
    answer = to_response("u1", EnrollOutcome(None, rejections, None))
    assert answer.message == "Face not enrolled: Hold still. Come closer."


def test_low_quality_is_an_answer_with_rejections_and_stores_nothing(service: InProcess) -> None:
    """The gate explains what was measured, what was needed and what would help."""
    answer = enroll(service, "u1", b"anna:0.2")
    assert not answer.success
    first = answer.rejections[0]
    assert first.reason == pb.Rejection.LOW_QUALITY
    assert (first.measured, first.limit) == pytest.approx((0.2, 0.3))
    assert first.hint
    assert first.hint in answer.message
    assert {each.reason for each in answer.rejections} == {
        pb.Rejection.LOW_QUALITY,
        pb.Rejection.TOO_BLURRED,
        pb.Rejection.FACE_TOO_SMALL,
    }
    assert answer.version == 0
    assert not service.stored.users


def test_spoof_is_rejected_only_when_asked(service: InProcess) -> None:
    """check_liveness turns the rejection on."""
    assert enroll(service, "u1", b"mask").success
    answer = enroll(service, "u2", b"mask", check_liveness=True)
    assert [each.reason for each in answer.rejections] == [pb.Rejection.NOT_LIVE]


def test_duplicate_person_is_rejected_only_when_asked(service: InProcess) -> None:
    """The same face under another user_id is found; under the same one it is no duplicate."""
    enroll(service, "u1", b"anna")
    assert enroll(service, "u1", b"anna", check_duplicate=True).success
    answer = enroll(service, "u2", b"anna", check_duplicate=True)
    assert [each.reason for each in answer.rejections] == [pb.Rejection.DUPLICATE_PERSON]
    assert enroll(service, "u2", b"anna").success


@pytest.mark.parametrize("mode", [pb.EnrollRequest.ADD, pb.EnrollRequest.REPLACE])
def test_other_face_under_a_known_user_is_rejected_only_when_asked(
    service: InProcess, mode: pb.EnrollRequest.Mode
) -> None:
    """With the similarity and its limit; a first sample, and one like it, pass."""
    assert enroll(service, "u1", b"anna", check_same_person=True).success
    assert enroll(service, "u1", b"anna", mode=mode, check_same_person=True).success
    version = enroll(service, "u3", b"carl").version
    refused = enroll(service, "u1", b"bert", mode=mode, check_same_person=True)
    assert not refused.success
    (rejection,) = refused.rejections
    assert rejection.reason == pb.Rejection.NOT_SAME_PERSON
    assert rejection.measured < rejection.limit
    assert rejection.hint in refused.message
    assert enroll(service, "u1", b"bert", mode=mode).version == version + 1


def test_thresholds_of_enrolment_come_from_the_calibration(service: InProcess) -> None:
    """Not from MATCH_THRESHOLD, which is higher than what one in a thousand others reaches."""
    enroll(service, "u1", b"anna")
    refused = enroll(service, "u1", b"bert", check_same_person=True)
    limit = refused.rejections[0].limit
    assert limit == pytest.approx(IMPOSTORS.threshold_for_fmr(1e-3), abs=1e-6)
    assert limit < 0.45
    duplicate = enroll(service, "u2", b"anna", check_duplicate=True).rejections[0].limit
    alone = GallerySize(1, 1)
    assert duplicate == pytest.approx(IMPOSTORS.threshold_for_fpir(1e-3, alone), abs=1e-6)
    summary = list(service.gallery.CheckGallery(pb.CheckGalleryRequest()))[-1].summary
    assert summary.threshold == pytest.approx(duplicate)


def test_settings_turn_the_checks_of_enrolment_on_for_every_call() -> None:
    """The call says nothing."""
    doubts = IdentityDoubts(duplicate=True, not_same_person=True)
    with serving(rules=replace(RULES, enrolment_doubts=doubts)) as service:
        assert enroll(service, "u1", b"anna").success
        (other,) = enroll(service, "u1", b"bert").rejections
        assert other.reason == pb.Rejection.NOT_SAME_PERSON
        (again,) = enroll(service, "u2", b"anna").rejections
        assert again.reason == pb.Rejection.DUPLICATE_PERSON


def test_mode_add_keeps_the_earlier_samples_and_replace_removes_them(service: InProcess) -> None:
    """REPLACE is what happens by default."""
    enroll(service, "u1", b"anna")
    assert enroll(service, "u1", b"anna", mode=pb.EnrollRequest.ADD).samples == 2
    assert enroll(service, "u1", b"anna").samples == 1


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"user_id": ""}, "INVALID_FIELD", "user_id"),
        ({"user_id": "x" * 1000}, "INVALID_FIELD", "user_id"),
        ({"user_id": "a\nb"}, "INVALID_FIELD", "user_id"),
        ({"name": "x" * 257}, "INVALID_FIELD", "name"),
        ({"metadata": {"k": "x" * 20_000}}, "INVALID_FIELD", "metadata"),
        ({"metadata": {"k": float("nan")}}, "INVALID_FIELD", "metadata"),
        ({"collection": "No Such"}, "INVALID_FIELD", "collection"),
        ({"mode": 9}, "INVALID_FIELD", "mode"),
        ({"request_id": "x" * 200}, "INVALID_FIELD", "request_id"),
        ({"image": b""}, "MISSING_IMAGE", "image"),
        ({"image": b"nobody"}, "NO_FACE", "image"),
    ],
)
def test_bad_enrolment_names_the_field_and_stores_nothing(
    service: InProcess, fields: dict[str, Any], reason: str, field: str
) -> None:
    """Every field that can be wrong."""
    values: dict[str, Any] = {"user_id": "u1", "image": b"anna", **fields}
    if "metadata" in values:
        struct = struct_pb2.Struct()
        struct.update(values["metadata"])
        values["metadata"] = struct
    said = failure(lambda: service.gallery.Enroll(pb.EnrollRequest(**values)))
    assert (said.code, said.reason, said.fields) == (INVALID, reason, [field])
    assert not service.stored.users


def test_search_finds_the_enrolled_user_and_only_it(service: InProcess) -> None:
    """A match has the user, the similarity and the name."""
    enroll(service, "u1", b"anna", name="Anna")
    enroll(service, "u2", b"bert", name="Bert")
    answer = service.gallery.Search(pb.SearchRequest(image=b"bert"))
    assert [(match.user_id, match.name) for match in answer.matches] == [("u2", "Bert")]
    assert answer.matches[0].similarity == pytest.approx(1.0, abs=1e-5)
    assert answer.faces_detected == 1
    assert answer.threshold == pytest.approx(0.45)


def test_search_obeys_top_k_and_threshold(service: InProcess) -> None:
    """A threshold of -1 lets everybody through; top_k bounds them."""
    for number in range(4):
        enroll(service, f"u{number}", f"p{number}".encode())
    everybody = service.gallery.Search(pb.SearchRequest(image=b"p0", threshold=-1))
    assert len(everybody.matches) == 4
    two = service.gallery.Search(pb.SearchRequest(image=b"p0", threshold=-1, top_k=2))
    assert [match.user_id for match in two.matches] == [
        match.user_id for match in everybody.matches[:2]
    ]


def test_partial_answer_is_given_only_when_asked_and_marked(service: InProcess) -> None:
    """A caller that did not ask for it never mistakes a part for the whole."""
    enroll(service, "u1", b"anna")
    service.stored.missing = (2,)
    asked = service.gallery.Search(pb.SearchRequest(image=b"anna", allow_partial=True))
    assert list(asked.missing_servers) == [2]
    assert [match.user_id for match in asked.matches] == ["u1"]
    assert not service.gallery.Search(pb.SearchRequest(image=b"anna")).missing_servers


def test_search_does_not_cross_collections(service: InProcess) -> None:
    """A tenant sees its own people only."""
    enroll(service, "u1", b"anna", collection="a")
    assert not service.gallery.Search(pb.SearchRequest(image=b"anna", collection="b")).matches
    assert service.gallery.Search(pb.SearchRequest(image=b"anna", collection="a")).matches


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"top_k": 0}, "INVALID_FIELD", "top_k"),
        ({"top_k": 10_001}, "INVALID_FIELD", "top_k"),
        ({"top_k": -1}, "INVALID_FIELD", "top_k"),
        ({"threshold": 2.0}, "INVALID_FIELD", "threshold"),
        ({"collection": "-"}, "INVALID_FIELD", "collection"),
        ({"image": b""}, "MISSING_IMAGE", "image"),
        ({"image": b"nobody"}, "NO_FACE", "image"),
    ],
)
def test_bad_search_names_the_field(
    service: InProcess, fields: dict[str, Any], reason: str, field: str
) -> None:
    """Every field that can be wrong."""
    values: dict[str, Any] = {"image": b"anna", **fields}
    said = failure(lambda: service.gallery.Search(pb.SearchRequest(**values)))
    assert (said.code, said.reason, said.fields) == (INVALID, reason, [field])


def test_verify_decides_by_the_best_sample(service: InProcess) -> None:
    """Several samples: the best one counts."""
    enroll(service, "u1", b"anna")
    enroll(service, "u1", b"annas-other-photo", mode=pb.EnrollRequest.ADD)
    for photo in (b"anna", b"annas-other-photo"):
        answer = service.gallery.Verify(pb.VerifyRequest(user_id="u1", image=photo))
        assert answer.verified
        assert answer.user_id == "u1"
    assert not service.gallery.Verify(pb.VerifyRequest(user_id="u1", image=b"bert")).verified


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"user_id": ""}, "INVALID_FIELD"),
        ({"user_id": "x" * 1000}, "INVALID_FIELD"),
        ({"threshold": 2.0}, "INVALID_FIELD"),
        ({"image": b""}, "MISSING_IMAGE"),
        ({"image": b"nobody"}, "NO_FACE"),
    ],
)
def test_bad_verification_is_refused(
    service: InProcess, fields: dict[str, Any], reason: str
) -> None:
    """Every field that can be wrong."""
    enroll(service, "u1", b"anna")
    values: dict[str, Any] = {"user_id": "u1", "image": b"anna", **fields}
    said = failure(lambda: service.gallery.Verify(pb.VerifyRequest(**values)))
    assert (said.code, said.reason) == (INVALID, reason)


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("Verify", pb.VerifyRequest(user_id="who", image=b"anna")),
        ("CheckIn", pb.CheckInRequest(user_id="who", image=b"anna")),
        ("GetEnrollment", pb.GetEnrollmentRequest(user_id="who")),
        ("DeleteEnrollment", pb.DeleteEnrollmentRequest(user_id="who")),
    ],
)
def test_unknown_user_is_not_found(service: InProcess, method: str, request_: Any) -> None:
    """With the id in the metadata."""
    said = failure(lambda: getattr(service.gallery, method)(request_))
    assert (said.code, said.reason) == (grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND")
    assert said.metadata["user_id"] == "who"


@pytest.mark.parametrize("method", ["GetEnrollment", "DeleteEnrollment"])
def test_empty_user_id_is_invalid(service: InProcess, method: str) -> None:
    """An empty key is a mistake, not an unknown user."""
    request = getattr(pb, f"{method}Request")()
    said = failure(lambda: getattr(service.gallery, method)(request))
    assert (said.reason, said.fields) == ("INVALID_FIELD", ["user_id"])


def test_deletion_removes_every_sample_and_says_how_many(service: InProcess) -> None:
    """The receipt counts the samples."""
    enroll(service, "u1", b"anna")
    enroll(service, "u1", b"anna", mode=pb.EnrollRequest.ADD)
    answer = service.gallery.DeleteEnrollment(pb.DeleteEnrollmentRequest(user_id="u1"))
    assert (answer.success, answer.samples_removed) == (True, 2)
    assert not service.gallery.Search(pb.SearchRequest(image=b"anna")).matches


def test_enrolment_is_read_back_without_embeddings(service: InProcess) -> None:
    """Name, metadata and times; the message has no field for an embedding."""
    metadata = struct_pb2.Struct()
    metadata.update({"department": "Engineering", "floors": [1, 2]})
    enroll(service, "u1", b"anna", name="Anna", metadata=metadata)
    user = service.gallery.GetEnrollment(pb.GetEnrollmentRequest(user_id="u1"))
    assert (user.name, user.samples) == ("Anna", 1)
    assert user.metadata["department"] == "Engineering"
    assert user.created_at.ToJsonString() == "2026-01-02T03:04:05Z"
    fields = {field.name for field in pb.EnrolledUser.DESCRIPTOR.fields}
    assert not {name for name in fields if "embedding" in name}


def test_listing_pages_through_all_users_once(service: InProcess) -> None:
    """Pages join to the whole, in order."""
    for number in range(5):
        enroll(service, f"u{number}", b"anna")
    seen, token = [], ""
    while True:
        page = service.gallery.ListGallery(pb.ListGalleryRequest(page_size=2, page_token=token))
        seen += [user.user_id for user in page.users]
        assert page.total == 5
        token = page.next_page_token
        if not token:
            break
    assert seen == [f"u{number}" for number in range(5)]


@pytest.mark.parametrize("size", [-1, 1001])
def test_page_size_out_of_range_is_invalid(service: InProcess, size: int) -> None:
    """The limit is stated, not silently applied."""
    said = failure(lambda: service.gallery.ListGallery(pb.ListGalleryRequest(page_size=size)))
    assert (said.reason, said.fields) == ("INVALID_FIELD", ["page_size"])


def test_store_that_is_away_is_unavailable(
    service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that cannot be durable is not acknowledged."""

    def refuse(*_: object) -> None:
        raise StoreUnavailableError("The gallery takes no writes at present.")

    monkeypatch.setattr(service.stored, "enroll", refuse)
    said = failure(lambda: enroll(service, "u1", b"anna"))
    assert (said.code, said.reason) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")


@pytest.mark.parametrize("opening", ['{"a":', "["])
def test_metadata_nested_too_deep_is_refused_before_it_spoils_a_listing(
    service: InProcess, opening: str
) -> None:
    """Protobuf readers give up at 100 messages inside each other, a listing adds one."""

    def nested(depth: int) -> struct_pb2.Struct:
        closing = "}" if opening[0] == "{" else "]"
        text = opening * (depth - 1) + "1" + closing * (depth - 1)
        return json_format.Parse('{"a":' + text + "}", struct_pb2.Struct())

    assert enroll(service, "u1", b"anna", metadata=nested(16)).success
    said = failure(lambda: enroll(service, "u2", b"anna", metadata=nested(17)))
    assert (said.reason, said.fields) == ("INVALID_FIELD", ["metadata"])
    answer = service.gallery.ListGallery(pb.ListGalleryRequest())
    assert [user.user_id for user in answer.users] == ["u1"]
