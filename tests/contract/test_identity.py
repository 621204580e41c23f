"""Identify and CheckIn over the real server in process."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from facesvc.v1 import gallery_service_pb2 as pb
from tests.contract.conftest import InProcess
from tests.contract.expect import failure

INVALID = grpc.StatusCode.INVALID_ARGUMENT
Decision = pb.CheckInResponse


def enrol(service: InProcess, *names: str, collection: str = "") -> None:
    """Enrol each name's face under it."""
    for name in names:
        service.gallery.Enroll(
            pb.EnrollRequest(
                user_id=name, image=name.encode(), name=name.title(), collection=collection
            )
        )


def check_in(service: InProcess, image: bytes, **fields: Any) -> pb.CheckInResponse:
    """Check in with the given fields."""
    return service.gallery.CheckIn(pb.CheckInRequest(image=image, **fields))


def reasons(answer: pb.CheckInResponse) -> list[str]:
    """The names of the answer's reasons."""
    return [pb.Rejection.Reason.Name(each.reason) for each in answer.reasons]


def test_every_face_of_a_group_is_identified_and_each_user_listed_once(service: InProcess) -> None:
    """Faces by certainty of their detection; the roll call by similarity."""
    enrol(service, "anna", "bert", "carl")
    answer = service.gallery.Identify(pb.IdentifyRequest(image=b"bert stranger anna bert"))
    assert answer.faces_detected == len(answer.faces) == 4
    assert [face.match.user_id for face in answer.faces] == ["bert", "", "anna", ""]
    assert [face.HasField("match") for face in answer.faces] == [True, False, True, False]
    assert sorted(user.user_id for user in answer.users) == ["anna", "bert"]
    assert list(answer.faces[1].bbox) == [10, 0, 20, 1]
    assert answer.faces[0].detection_score == pytest.approx(0.9)
    assert answer.faces[0].quality.score == pytest.approx(0.8)
    assert answer.faces[0].match.name == "Bert"
    assert answer.threshold == pytest.approx(0.45)


def test_a_photo_without_faces_is_an_empty_roll_call(service: InProcess) -> None:
    """An empty room is no error."""
    enrol(service, "anna")
    answer = service.gallery.Identify(pb.IdentifyRequest(image=b"nobody", threshold=-1))
    assert (answer.faces_detected, len(answer.faces), len(answer.users)) == (0, 0, 0)
    assert answer.threshold == pytest.approx(-1)


def test_identify_does_not_cross_collections(service: InProcess) -> None:
    """A tenant sees its own people only."""
    enrol(service, "anna", collection="a")
    there = service.gallery.Identify(pb.IdentifyRequest(image=b"anna", collection="a"))
    here = service.gallery.Identify(pb.IdentifyRequest(image=b"anna", collection="b"))
    assert [user.user_id for user in there.users] == ["anna"]
    assert not here.users


def test_a_known_live_face_is_a_match_with_all_that_led_to_it(service: InProcess) -> None:
    """Decision, user, margin, quality, liveness, limits, times."""
    enrol(service, "anna", "bert")
    answer = check_in(service, b"anna")
    assert answer.decision == Decision.MATCH
    assert (answer.match.user_id, answer.match.name) == ("anna", "Anna")
    assert answer.match.similarity == pytest.approx(1.0, abs=1e-5)
    assert 0.5 < answer.margin < 1.5
    assert not answer.reasons
    assert answer.quality.score == pytest.approx(0.8)
    assert (answer.liveness.is_live, answer.liveness.method) == (True, "heuristics")
    assert answer.threshold == pytest.approx(0.45)
    assert answer.faces_detected == 1
    times = answer.timings
    parts = [times.fetch_ms, times.wait_ms, times.detect_ms, times.liveness_ms, times.embed_ms]
    assert all(part > 0 for part in (*parts, times.search_ms))
    assert times.total_ms == pytest.approx(sum(parts) + times.search_ms, rel=1e-3)


def test_a_stranger_is_no_match_and_nobody_is_named(service: InProcess) -> None:
    """The nearest user's name stays in the gallery."""
    enrol(service, "anna", "bert")
    answer = check_in(service, b"stranger")
    assert answer.decision == Decision.NO_MATCH
    assert not answer.HasField("match")
    assert not answer.HasField("margin")
    assert reasons(answer) == ["BELOW_THRESHOLD"]
    assert answer.reasons[0].measured < answer.reasons[0].limit == pytest.approx(0.45)


def test_a_mask_is_not_live_unless_the_check_is_skipped(service: InProcess) -> None:
    """Liveness is checked without being asked for; who is in the mask is not told."""
    enrol(service, "mask")
    answer = check_in(service, b"mask")
    assert answer.decision == Decision.NOT_LIVE
    assert not answer.HasField("match")
    assert answer.liveness.confidence == pytest.approx(0.1)
    assert reasons(answer) == ["NOT_LIVE"]
    assert answer.reasons[0].limit == pytest.approx(0.8)  # the threshold that decided
    assert (answer.timings.search_ms, answer.reasons[0].hint != "") == (0, True)
    skipped = check_in(service, b"mask", skip_liveness=True)
    assert skipped.decision == Decision.MATCH
    assert not skipped.HasField("liveness")
    assert skipped.timings.liveness_ms == 0


def test_a_poor_photo_is_low_quality_with_what_would_help(service: InProcess) -> None:
    """The reasons are those of an enrolment."""
    enrol(service, "anna")
    answer = check_in(service, b"anna:0.2")
    assert answer.decision == Decision.LOW_QUALITY
    assert reasons(answer) == ["LOW_QUALITY", "TOO_BLURRED", "FACE_TOO_SMALL"]
    assert all(each.hint for each in answer.reasons)
    assert not answer.HasField("match")
    assert not answer.HasField("liveness")
    times = answer.timings
    assert (times.liveness_ms, times.embed_ms, times.search_ms) == (0, 0, 0)


def test_a_claim_is_verified_against_the_claimed_user(service: InProcess) -> None:
    """The right one matches; another's claim does not, whoever it is."""
    enrol(service, "anna", "bert")
    right = check_in(service, b"anna", user_id="anna")
    assert (right.decision, right.match.name) == (Decision.MATCH, "Anna")
    wrong = check_in(service, b"anna", user_id="bert")
    assert wrong.decision == Decision.NO_MATCH
    assert not wrong.HasField("match")


def test_a_double_under_another_name_is_for_review(service: InProcess) -> None:
    """Twice the same face: which of both it is, a person must say; or the caller does not care."""
    enrol(service, "anna")
    service.gallery.Enroll(pb.EnrollRequest(user_id="twin", image=b"anna"))
    answer = check_in(service, b"anna")
    assert answer.decision == Decision.REVIEW
    assert reasons(answer) == ["CLOSE_SECOND"]
    assert answer.margin == pytest.approx(0.0, abs=1e-5)
    assert answer.match.user_id in {"anna", "twin"}
    claimed = check_in(service, b"anna", user_id="twin")
    assert (claimed.decision, claimed.match.user_id) == (Decision.REVIEW, "twin")
    assert check_in(service, b"anna", min_margin=0).decision == Decision.MATCH


def test_the_requests_limits_are_obeyed(service: InProcess) -> None:
    """A band of 2 sends every stranger to review, a threshold of -1 lets all in."""
    enrol(service, "anna")
    assert check_in(service, b"stranger", review_band=2).decision == Decision.REVIEW
    assert check_in(service, b"stranger", threshold=-1).decision == Decision.MATCH
    strict = check_in(service, b"stranger", threshold=0.9, review_band=0)
    assert (strict.decision, strict.threshold) == (Decision.NO_MATCH, pytest.approx(0.9))


def test_an_empty_collection_says_so(service: InProcess) -> None:
    """The likeliest cause is a mistyped name."""
    enrol(service, "anna")
    answer = check_in(service, b"anna", collection="empty")
    assert (answer.decision, reasons(answer)) == (Decision.NO_MATCH, ["NOBODY_ENROLLED"])


def test_a_claim_of_an_unknown_user_is_not_found(service: InProcess) -> None:
    """Before any work on the photo, which is broken here."""
    said = failure(lambda: check_in(service, b"broken", user_id="ghost"))
    assert (said.code, said.reason) == (grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND")


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"image": b""}, "MISSING_IMAGE", "image"),
        ({"image": b"nobody"}, "NO_FACE", "image"),
        ({"image": b"broken"}, "IMAGE_UNDECODABLE", "image"),
        ({"user_id": "x" * 129}, "INVALID_FIELD", "user_id"),
        ({"user_id": "a\nb"}, "INVALID_FIELD", "user_id"),
        ({"threshold": 2.0}, "INVALID_FIELD", "threshold"),
        ({"threshold": float("nan")}, "INVALID_FIELD", "threshold"),
        ({"review_band": -0.1}, "INVALID_FIELD", "review_band"),
        ({"review_band": float("nan")}, "INVALID_FIELD", "review_band"),
        ({"min_margin": 2.1}, "INVALID_FIELD", "min_margin"),
        ({"collection": "No Such"}, "INVALID_FIELD", "collection"),
    ],
)
def test_a_bad_check_in_names_the_field(
    service: InProcess, fields: dict[str, Any], reason: str, field: str
) -> None:
    """Every field that can be wrong."""
    values: dict[str, Any] = {"image": b"anna", **fields}
    said = failure(lambda: service.gallery.CheckIn(pb.CheckInRequest(**values)))
    assert (said.code, said.reason, said.fields) == (INVALID, reason, [field])


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"image": b""}, "MISSING_IMAGE", "image"),
        ({"image": b"broken"}, "IMAGE_UNDECODABLE", "image"),
        ({"threshold": -1.5}, "INVALID_FIELD", "threshold"),
        ({"collection": "No Such"}, "INVALID_FIELD", "collection"),
    ],
)
def test_a_bad_identification_names_the_field(
    service: InProcess, fields: dict[str, Any], reason: str, field: str
) -> None:
    """Every field that can be wrong."""
    values: dict[str, Any] = {"image": b"anna", **fields}
    said = failure(lambda: service.gallery.Identify(pb.IdentifyRequest(**values)))
    assert (said.code, said.reason, said.fields) == (INVALID, reason, [field])
