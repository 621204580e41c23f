"""Settings of collections: what is answered, what is refused, and which calls obey them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import field_mask_pb2

from facesvc.domain.operating_point import ThresholdRule
from facesvc.v1 import face_service_pb2 as face
from facesvc.v1 import gallery_service_pb2 as pb
from tests.contract import conftest
from tests.contract.conftest import InProcess
from tests.contract.expect import Failure, failure
from tests.fakes import IMPOSTORS

INVALID = grpc.StatusCode.INVALID_ARGUMENT
Origin = pb.EffectiveSettings


def change(service: InProcess, *mask: str, **fields: Any) -> pb.SetCollectionResponse:
    """Set the settings that are given, and those of the mask."""
    expected = fields.pop("expected", None)
    request = pb.SetCollectionRequest(
        collection=fields.pop("collection", "door"),
        settings=pb.CollectionSettings(**fields),
        update_mask=field_mask_pb2.FieldMask(paths=mask),
        expected_settings_version=expected,
    )
    return service.gallery.SetCollection(request)


def told(service: InProcess, collection: str = "door", **limit: Any) -> pb.GetCollectionResponse:
    """Return what GetCollection tells."""
    return service.gallery.GetCollection(pb.GetCollectionRequest(collection=collection, **limit))


def enrol(service: InProcess, *people: str, **fields: Any) -> None:
    """Enrol each under their own name."""
    for person in people:
        request = pb.EnrollRequest(
            user_id=person, image=person.encode(), **{"collection": "door", **fields}
        )
        assert service.gallery.Enroll(request).success


def test_settings_are_set_and_told(service: InProcess) -> None:
    """GetCollection and ListCollections tell them, with the counts."""
    enrol(service, "anna")
    answer = change(service, description="The door", match_threshold=0.6, quality_threshold=0.5)
    assert (answer.collection, answer.settings_version) == ("door", 1)
    found = told(service)
    assert found.settings == answer.settings
    assert found.settings.description == "The door"
    assert (found.collection, found.recognizer) == ("door", "digest")
    assert (found.version, found.users, found.samples, found.settings_version) == (1, 1, 1, 1)
    (listed,) = service.gallery.ListCollections(pb.ListCollectionsRequest()).collections
    assert (listed.settings, listed.settings_version) == (answer.settings, 1)


def test_what_the_mask_names_without_a_value_goes_back_to_the_default(service: InProcess) -> None:
    """Others stay; "*" stands for all."""
    change(service, description="The door", match_threshold=0.6, quality_threshold=0.5)
    answer = change(service, "match_threshold", "description", description="Side door")
    assert not answer.settings.HasField("match_threshold")
    assert answer.settings.description == "Side door"
    assert answer.settings.quality_threshold == pytest.approx(0.5)
    assert not change(service, "*").settings.ListFields()


def test_effective_values_say_who_decided_them(service: InProcess) -> None:
    """Call over collection over server."""
    enrol(service, "anna", "bert")
    found = told(service).effective
    assert found.search_threshold == pytest.approx(0.45)
    assert found.quality_threshold == pytest.approx(0.3)
    froms = (found.search_threshold_from, found.verify_threshold_from, found.quality_threshold_from)
    assert froms == (Origin.SERVER,) * 3
    change(service, match_threshold=0.6, quality_threshold=0.5)
    found = told(service).effective
    assert (found.search_threshold, found.verify_threshold) == pytest.approx((0.6, 0.6))
    assert found.quality_threshold == pytest.approx(0.5)
    froms = (found.search_threshold_from, found.verify_threshold_from, found.quality_threshold_from)
    assert froms == (Origin.COLLECTION,) * 3
    found = told(service, threshold=0.7).effective
    assert (found.search_threshold, found.search_threshold_from) == (
        pytest.approx(0.7),
        Origin.CALL,
    )
    assert (found.verify_threshold, found.verify_threshold_from) == (
        pytest.approx(0.7),
        Origin.CALL,
    )


def test_target_of_a_collection_makes_the_threshold_for_its_size(service: InProcess) -> None:
    """And says which FPIR is to be expected; Verify keeps the server's threshold."""
    enrol(service, "anna", "bert")
    change(service, target_fpir=0.001)
    found = told(service).effective
    size = service.stored.size("door")
    assert found.search_threshold == pytest.approx(IMPOSTORS.threshold_for_fpir(0.001, size))
    assert found.target_fpir == pytest.approx(0.001)
    assert found.estimated_fpir == pytest.approx(0.001, rel=0.01)
    assert found.target_reached
    assert found.search_threshold_from == Origin.COLLECTION
    assert (found.verify_threshold, found.verify_threshold_from) == (
        pytest.approx(0.45),
        Origin.SERVER,
    )
    call = told(service, target_fpir=0.01).effective
    assert call.search_threshold < found.search_threshold
    assert call.search_threshold_from == Origin.CALL


def test_calls_use_the_threshold_of_the_collection(service: InProcess) -> None:
    """Search, Identify, CheckIn and Verify; a call's own comes first, others keep theirs."""
    enrol(service, "anna")
    enrol(service, "anna", collection="other")
    change(service, match_threshold=0.625)
    gallery = service.gallery
    for collection, call, expected in (
        ("door", None, 0.625),
        ("other", None, 0.45),
        ("door", 0.75, 0.75),
    ):
        fields: dict[str, Any] = {
            "image": b"anna",
            "collection": collection,
            "threshold": call,
        }
        used = [
            gallery.Search(pb.SearchRequest(**fields)).threshold,
            gallery.Identify(pb.IdentifyRequest(**fields)).threshold,
            gallery.CheckIn(pb.CheckInRequest(**fields)).threshold,
            gallery.Verify(pb.VerifyRequest(user_id="anna", **fields)).threshold,
        ]
        assert used == pytest.approx([expected] * 4)
    searched = gallery.Search(pb.SearchRequest(image=b"anna", collection="door"))
    assert searched.estimated_fpir == pytest.approx(told(service).effective.estimated_fpir)


def test_quality_gate_of_the_collection_decides_on_enrolment_and_check_in(
    service: InProcess,
) -> None:
    """A stricter one refuses what the server's would take, a laxer one the other way."""
    change(service, quality_threshold=0.5)
    refused = service.gallery.Enroll(
        pb.EnrollRequest(user_id="anna", image=b"anna:0.4", collection="door")
    )
    assert refused.rejections[0].reason == pb.Rejection.LOW_QUALITY
    assert refused.rejections[0].limit == pytest.approx(0.5)
    enrol(service, "anna")
    asked = pb.CheckInRequest(image=b"anna:0.4", collection="door")
    assert service.gallery.CheckIn(asked).decision == pb.CheckInResponse.LOW_QUALITY
    change(service, quality_threshold=0.1)
    assert service.gallery.CheckIn(asked).decision == pb.CheckInResponse.MATCH
    request = pb.EnrollRequest(user_id="anna", image=b"anna:0.2", collection="door")
    assert service.gallery.Enroll(request).success


def test_duplicates_and_doctor_use_the_threshold_of_the_collection(service: InProcess) -> None:
    """Who matches is the same everywhere."""
    enrol(service, "anna", "bert")
    change(service, match_threshold=-1)
    again = pb.EnrollRequest(user_id="carl", image=b"carl", collection="door", check_duplicate=True)
    assert [each.reason for each in service.gallery.Enroll(again).rejections] == [
        pb.Rejection.DUPLICATE_PERSON
    ]
    events = list(service.gallery.CheckGallery(pb.CheckGalleryRequest(collection="door")))
    assert events[-1].summary.threshold == pytest.approx(-1)
    asked = pb.CheckGalleryRequest(collection="door", threshold=0.5)
    assert list(service.gallery.CheckGallery(asked))[-1].summary.threshold == pytest.approx(0.5)


def test_full_collection_refuses_a_new_user(service: InProcess) -> None:
    """With a reason of its own, and the limit."""
    change(service, max_users=1)
    enrol(service, "anna")
    request = pb.EnrollRequest(user_id="bert", image=b"bert", collection="door")
    said = failure(lambda: service.gallery.Enroll(request))
    assert (said.code, said.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "COLLECTION_FULL",
    )
    assert said.metadata == {"limit": "1"}
    enrol(service, "anna")


def test_health_warns_by_the_threshold_of_each_collection(service: InProcess) -> None:
    """A stricter one ends the warning, a laxer one brings it."""
    enrol(service, "anna")
    assert not service.faces.GetHealth(face.GetHealthRequest()).risks
    change(service, match_threshold=0.0)
    (risk,) = service.faces.GetHealth(face.GetHealthRequest()).risks
    assert (risk.collection, risk.threshold) == ("door", 0.0)
    assert risk.estimated_fpir > 0.01
    change(service, "match_threshold", "target_fpir", target_fpir=0.001)
    assert not service.faces.GetHealth(face.GetHealthRequest()).risks


def test_same_change_again_changes_nothing(service: InProcess) -> None:
    """A retry is safe, also one that names the version of before."""
    first = change(service, description="The door", expected=0)
    assert change(service, description="The door", expected=0) == first
    said = failure(lambda: change(service, description="Another", expected=0))
    assert (said.code, said.reason) == (grpc.StatusCode.ABORTED, "VERSION_CONFLICT")
    assert said.metadata == {"expected": "0", "actual": "1"}
    assert change(service, description="Another", expected=1).settings_version == 2


def test_alias_is_followed_and_the_real_name_told(service: InProcess) -> None:
    """Settings belong to the collection, whatever it is called."""
    enrol(service, "anna")
    service.gallery.SetAlias(pb.SetAliasRequest(alias="gate", collection="door"))
    answer = change(service, collection="gate", description="The door")
    assert answer.collection == "door"
    found = told(service, "gate")
    assert (found.collection, list(found.aliases)) == ("door", ["gate"])
    assert found.settings.description == "The door"


def test_collection_comes_to_be_with_its_settings(service: InProcess) -> None:
    """One that nobody made is told as such."""
    said = failure(lambda: told(service))
    assert (said.code, said.reason) == (grpc.StatusCode.NOT_FOUND, "COLLECTION_NOT_FOUND")
    change(service, quality_threshold=0.5)
    found = told(service)
    assert (found.users, found.version, found.settings_version) == (0, 0, 1)


@pytest.mark.parametrize(
    ("mask", "fields", "blamed"),
    [
        ((), {"description": "x" * 1025}, "settings.description"),
        ((), {"description": "a\nb"}, "settings.description"),
        ((), {"match_threshold": 1.5}, "settings.match_threshold"),
        ((), {"match_threshold": float("nan")}, "settings.match_threshold"),
        ((), {"target_fpir": 0.0}, "settings.target_fpir"),
        ((), {"target_fpir": 1.0}, "settings.target_fpir"),
        ((), {"quality_threshold": -0.1}, "settings.quality_threshold"),
        ((), {"quality_threshold": float("inf")}, "settings.quality_threshold"),
        ((), {"max_users": 0}, "settings.max_users"),
        ((), {"retention_days": 0}, "settings.retention_days"),
        ((), {"retention_days": 36_501}, "settings.retention_days"),
        ((), {"max_users": 2**32 - 1}, "settings.max_users"),
        ((), {"match_threshold": 0.5, "target_fpir": 0.01}, "settings.target_fpir"),
        (("match_treshold",), {}, "update_mask"),
        (("settings.match_threshold",), {}, "update_mask"),
        (("description",), {"match_threshold": 0.5}, "settings.match_threshold"),
        ((), {"collection": "No Such"}, "collection"),
    ],
)
def test_bad_settings_name_the_field_and_change_nothing(
    service: InProcess, mask: tuple[str, ...], fields: dict[str, Any], blamed: str
) -> None:
    """Every field that can be wrong."""
    said = failure(lambda: change(service, *mask, **fields))
    assert (said.code, said.reason, said.fields) == (INVALID, "INVALID_FIELD", [blamed])
    assert not service.gallery.ListCollections(pb.ListCollectionsRequest()).collections


@pytest.mark.parametrize(
    ("fields", "blamed"),
    [
        ({"collection": "No Such"}, "collection"),
        ({"threshold": 2}, "threshold"),
        ({"target_fpir": 1}, "target_fpir"),
        ({"threshold": 0.5, "target_fpir": 0.1}, "target_fpir"),
    ],
)
def test_bad_question_names_the_field(
    service: InProcess, fields: dict[str, Any], blamed: str
) -> None:
    """GetCollection checks what a call would."""
    change(service, description="The door")
    said = failure(lambda: told(service, **{"collection": "door", **fields}))
    assert (said.code, said.reason, said.fields) == (INVALID, "INVALID_FIELD", [blamed])


@pytest.fixture
def uncalibrated(monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcess]:
    """A server whose model pack has no calibration."""
    rules = conftest.RULES.__class__(**{**vars(conftest.RULES), "thresholds": ThresholdRule(0.45)})
    monkeypatch.setattr(conftest, "RULES", rules)
    with conftest.serving() as running:
        yield running


def test_target_without_a_calibration_is_refused(uncalibrated: InProcess) -> None:
    """Rather than kept and left aside."""
    said: Failure = failure(lambda: change(uncalibrated, target_fpir=0.01))
    assert (said.code, said.fields) == (INVALID, ["settings.target_fpir"])
    assert change(uncalibrated, match_threshold=0.5).settings_version == 1
    assert not told(uncalibrated).effective.HasField("estimated_fpir")
