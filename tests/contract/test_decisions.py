"""Which probes may match, at which threshold, and at which risk."""

from __future__ import annotations

import grpc
import pytest

from facesvc.domain.risk import GallerySize
from facesvc.v1 import face_service_pb2 as face
from facesvc.v1 import gallery_service_pb2 as pb
from tests.contract.conftest import InProcess
from tests.contract.expect import failure
from tests.fakes import GENUINE, IMPOSTORS

INVALID = grpc.StatusCode.INVALID_ARGUMENT
Reason = pb.Rejection
FAINT = b"anna:0.8:0.2"  # as good a photo, but below the recognizability limit of 0.3


def enrol(service: InProcess, *people: str) -> None:
    """Enrol each under their own name."""
    for person in people:
        request = pb.EnrollRequest(user_id=person, image=person.encode())
        assert service.gallery.Enroll(request).success


def test_a_face_without_an_identity_is_not_enrolled(service: InProcess) -> None:
    """The answer gives the measured value, the limit, and what would help."""
    answer = service.gallery.Enroll(pb.EnrollRequest(user_id="anna", image=FAINT))
    assert not answer.success
    (only,) = answer.rejections
    assert only.reason == Reason.NOT_RECOGNIZABLE
    assert (only.measured, only.limit) == (pytest.approx(0.2), pytest.approx(0.3))
    assert only.hint
    assert answer.quality.recognizability == pytest.approx(0.2)
    assert service.stored.size("default") == GallerySize(0, 0)


def test_a_probe_without_an_identity_finds_nobody_unless_told_to(service: InProcess) -> None:
    """Search says why it has no matches."""
    enrol(service, "anna")
    answer = service.gallery.Search(pb.SearchRequest(image=FAINT))
    assert (len(answer.matches), answer.probe_recognizable) == (0, False)
    assert [each.reason for each in answer.probe_faults] == [Reason.NOT_RECOGNIZABLE]
    told = service.gallery.Search(pb.SearchRequest(image=FAINT, allow_unrecognizable=True))
    assert [match.user_id for match in told.matches] == ["anna"]
    assert not told.probe_recognizable
    good = service.gallery.Search(pb.SearchRequest(image=b"anna"))
    assert good.probe_recognizable
    assert not good.probe_faults


def test_a_probe_without_an_identity_is_nobodys_twin(service: InProcess) -> None:
    """Verify, Compare, Identify and CheckIn answer no match, and say why."""
    enrol(service, "anna")
    verify = pb.VerifyRequest(user_id="anna", image=FAINT)
    verified = service.gallery.Verify(verify)
    assert verified.similarity == pytest.approx(1.0, abs=1e-5)
    assert (verified.verified, verified.probe_recognizable) == (False, False)
    verify.allow_unrecognizable = True
    assert service.gallery.Verify(verify).verified
    compare = face.CompareRequest(image_1=b"anna", image_2=FAINT)
    compared = service.faces.Compare(compare)
    assert (compared.match, compared.probe_recognizable) == (False, False)
    assert not compared.faults_1
    assert [each.reason for each in compared.faults_2] == [Reason.NOT_RECOGNIZABLE]
    compare.allow_unrecognizable = True
    assert service.faces.Compare(compare).match
    (seen,) = service.gallery.Identify(pb.IdentifyRequest(image=FAINT)).faces
    assert (seen.HasField("match"), seen.recognizable) == (False, False)
    checked = service.gallery.CheckIn(pb.CheckInRequest(image=FAINT))
    assert checked.decision == pb.CheckInResponse.LOW_QUALITY
    assert [each.reason for each in checked.reasons] == [Reason.NOT_RECOGNIZABLE]
    told = service.gallery.CheckIn(pb.CheckInRequest(image=FAINT, allow_unrecognizable=True))
    assert told.decision == pb.CheckInResponse.MATCH


def test_answers_carry_the_risk_at_the_threshold_in_use(service: InProcess) -> None:
    """FPIR for the size of the collection, FMR for one user's samples."""
    enrol(service, "anna", "bert")
    two = GallerySize(2, 2)
    found = service.gallery.Search(pb.SearchRequest(image=b"anna"))
    assert found.estimated_fpir == pytest.approx(IMPOSTORS.fpir(0.45, two))
    assert not found.HasField("target_reached")
    assert found.matches[0].false_match_probability == pytest.approx(
        IMPOSTORS.fpir(found.matches[0].similarity, two), abs=1e-9
    )
    identified = service.gallery.Identify(pb.IdentifyRequest(image=b"anna"))
    checked = service.gallery.CheckIn(pb.CheckInRequest(image=b"anna"))
    assert identified.estimated_fpir == checked.estimated_fpir == found.estimated_fpir
    verified = service.gallery.Verify(pb.VerifyRequest(user_id="anna", image=b"anna"))
    compared = service.faces.Compare(face.CompareRequest(image_1=b"anna", image_2=b"bert"))
    assert verified.estimated_fmr == pytest.approx(IMPOSTORS.fmr(0.45))
    assert compared.estimated_fmr == pytest.approx(IMPOSTORS.fmr(0.45))
    assert compared.estimated_fnmr == pytest.approx(GENUINE.fnmr(0.45))
    strict = face.CompareRequest(image_1=b"anna", image_2=b"bert", threshold=0.7)
    assert service.faces.Compare(strict).estimated_fnmr == pytest.approx(GENUINE.fnmr(0.7))


def test_a_target_makes_the_threshold(service: InProcess) -> None:
    """For this collection's size; a target beyond the calibration is not promised."""
    enrol(service, "anna", "bert")
    found = service.gallery.Search(pb.SearchRequest(image=b"anna", target_fpir=1e-4))
    assert found.threshold == pytest.approx(
        IMPOSTORS.threshold_for_fpir(1e-4, GallerySize(2, 2)), abs=1e-6
    )
    assert (found.estimated_fpir, found.target_reached) == (pytest.approx(1e-4, rel=1e-3), True)
    beyond = service.gallery.Search(pb.SearchRequest(image=b"anna", target_fpir=1e-9))
    assert beyond.threshold == pytest.approx(IMPOSTORS.highest_threshold, abs=1e-6)
    assert (beyond.estimated_fpir > 1e-9, beyond.target_reached) == (True, False)
    request = pb.VerifyRequest(user_id="anna", image=b"anna", target_fmr=1e-5)
    verified = service.gallery.Verify(request)
    assert verified.threshold == pytest.approx(IMPOSTORS.threshold_for_fmr(1e-5), abs=1e-6)


@pytest.mark.parametrize("target", [0.0, 1.0, -0.1, float("nan")])
def test_a_target_is_a_rate(service: InProcess, target: float) -> None:
    """Between 0 and 1; anything else names its field."""
    request = pb.SearchRequest(image=b"anna", target_fpir=target)
    refusal = failure(lambda: service.gallery.Search(request))
    assert (refusal.code, refusal.fields) == (INVALID, ["target_fpir"])


def test_threshold_and_target_exclude_each_other(service: InProcess) -> None:
    """Both would be a guess which one is meant."""
    request = face.CompareRequest(image_1=b"a", image_2=b"b", threshold=0.4, target_fmr=1e-3)
    refusal = failure(lambda: service.faces.Compare(request))
    assert (refusal.code, refusal.fields) == (INVALID, ["target_fmr"])


def test_health_warns_of_a_collection_that_is_too_large(service: InProcess) -> None:
    """With the threshold that would do; a small one is no risk."""
    enrol(service, "anna")
    assert not service.faces.GetHealth(face.GetHealthRequest()).risks
    enrol(service, *(f"person{number}" for number in range(600)))
    health = service.faces.GetHealth(face.GetHealthRequest())
    (risk,) = health.risks
    everybody = GallerySize(601, 601)
    assert (risk.collection, risk.users) == ("default", 601)
    assert risk.estimated_fpir == pytest.approx(IMPOSTORS.fpir(0.45, everybody))
    wanted = IMPOSTORS.threshold_for_fpir(0.01, everybody)
    assert risk.threshold_for_target == pytest.approx(wanted, abs=1e-6)
    assert health.recognizability_threshold == pytest.approx(0.3)


def test_a_group_has_each_user_once_for_the_best_total(service: InProcess) -> None:
    """The second face of one person has no match, and nobody else is given to it."""
    enrol(service, "anna", "bert")
    answer = service.gallery.Identify(pb.IdentifyRequest(image=b"anna anna bert"))
    assert [each.match.user_id for each in answer.faces] == ["anna", "", "bert"]
    assert answer.faces[0].margin > 0.5
    assert not answer.faces[0].HasField("runner_up")
    assert not answer.faces[0].HasField("liveness")


def test_a_group_can_be_checked_for_liveness(service: InProcess) -> None:
    """Each face is told apart; who it is stays the same."""
    enrol(service, "anna", "mask")
    request = pb.IdentifyRequest(image=b"anna mask", check_liveness=True)
    answer = service.gallery.Identify(request)
    assert [each.liveness.is_live for each in answer.faces] == [True, False]
    assert [each.match.user_id for each in answer.faces] == ["anna", "mask"]


def test_frames_are_judged_together(service: InProcess) -> None:
    """One photo twice is no living person, two people are not one."""
    enrol(service, "anna")
    still = service.gallery.CheckIn(pb.CheckInRequest(images=[b"anna", b"anna"]))
    assert still.decision == pb.CheckInResponse.NOT_LIVE
    assert [each.reason for each in still.reasons] == [Reason.STILL_IMAGE]
    assert not still.HasField("match")
    two = service.gallery.CheckIn(pb.CheckInRequest(images=[b"anna", b"bert"]))
    assert [each.reason for each in two.reasons] == [Reason.FRAMES_DIFFER]
    best = service.gallery.CheckIn(pb.CheckInRequest(images=[b"anna:0.8:0.5", b"anna:0.7:0.8"]))
    assert best.frame == 1


def test_frames_name_the_one_at_fault(service: InProcess) -> None:
    """A frame without a face, too many of them, and a photo beside them."""
    for request, field in (
        (pb.CheckInRequest(images=[b"anna", b"nobody"]), "images[1]"),
        (pb.CheckInRequest(images=[b"anna"] * 6), "images"),
        (pb.CheckInRequest(images=[b"anna"] * 2, image=b"anna"), "images"),
        (pb.CheckInRequest(image=b"anna", challenge_token="x"), "images"),
        (pb.CheckInRequest(images=[b"anna"] * 4, challenge_token="x"), "challenge_token"),
    ):
        refusal = failure(lambda request=request: service.gallery.CheckIn(request))
        assert (refusal.code, refusal.fields) == (INVALID, [field])


def test_a_challenge_is_started_and_redeemed(service: InProcess) -> None:
    """The token of one call is what the other one takes, once."""
    started = service.gallery.StartChallenge(pb.StartChallengeRequest())
    assert sorted(started.movements) == [1, 2, 3]
    request = pb.CheckInRequest(images=[b"anna"] * 4, challenge_token=started.challenge_token)
    answer = service.gallery.CheckIn(request)
    assert answer.decision == pb.CheckInResponse.NOT_LIVE
    refusal = failure(lambda: service.gallery.CheckIn(request))
    assert refusal.fields == ["challenge_token"]
