"""Crops that a device has aligned: nothing is looked for in them, and nothing is invented."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import facesvc_client
import grpc
import pytest

from facesvc.v1 import face_service_pb2 as face
from facesvc.v1 import gallery_service_pb2 as gallery
from facesvc.v1 import types_pb2 as types
from tests.contract.conftest import InProcess
from tests.contract.expect import failure

CROP, SPOILT = b"crop anna", b"crop anna:0.2:0.1"
ALIGNED = types.ALIGNED_CROP


@pytest.fixture
def enrolled(service: InProcess) -> InProcess:
    """Anna is enrolled from a photo."""
    service.gallery.Enroll(gallery.EnrollRequest(user_id="u1", name="Anna", image=b"anna"))
    return service


def embed_in_a_stream(service: InProcess, **fields: Any) -> Any:
    """Answer one item, or raise its error as a unary call would."""
    request = face.StreamEmbedRequest(item_id="1", **fields)
    return next(iter(service.faces.StreamEmbed(iter([request]))))


def test_embed_skips_detection_and_tells_only_what_a_crop_shows(service: InProcess) -> None:
    """No box, no count, no confidence, no pose, no score; blur, light and recognizability are
    known.
    """
    answer = service.faces.Embed(face.EmbedRequest(image=CROP, input=ALIGNED))
    photo = service.faces.Embed(face.EmbedRequest(image=b"anna"))
    assert answer.embedding == photo.embedding
    assert answer.model == photo.model
    assert not answer.HasField("face")
    assert (answer.score, answer.faces_detected) == (0.0, 0)
    quality = answer.quality
    assert (quality.score, quality.face_size, quality.pose_yaw) == (0.0, 0, 0.0)
    assert not quality.is_frontal
    assert quality.blur == pytest.approx(0.2)
    assert quality.recognizability == pytest.approx(0.9)
    assert quality.brightness == pytest.approx(0.5)


def test_the_same_bytes_as_a_photo_have_no_face(service: InProcess) -> None:
    """So that the crop was not found by a detector after all."""
    refused = failure(lambda: service.faces.Embed(face.EmbedRequest(image=CROP)))
    assert (refused.reason, refused.fields) == ("NO_FACE", ["image"])


def test_batches_and_streams_take_crops(service: InProcess) -> None:
    """One `input` for a batch, one an item for a stream."""
    whole = service.faces.Embed(face.EmbedRequest(image=CROP, input=ALIGNED))
    batch = service.faces.BatchEmbed(face.BatchEmbedRequest(images=[CROP, b"anna"], input=ALIGNED))
    first, second = batch.results
    assert first.success
    assert first.embedding == whole.embedding
    assert not first.HasField("face")
    assert (second.success, second.reason) == (False, "INVALID_FIELD")
    streamed = embed_in_a_stream(service, image=CROP, input=ALIGNED)
    assert streamed.success
    assert streamed.embedding == whole.embedding


def test_search_verify_and_compare_match_a_crop(enrolled: InProcess) -> None:
    """With the person of a photo; each side of a comparison says for itself what it is."""
    people = enrolled.gallery
    found = people.Search(gallery.SearchRequest(image=CROP, input=ALIGNED))
    assert [match.user_id for match in found.matches] == ["u1"]
    assert found.probe_recognizable
    assert not found.HasField("face")
    verify = gallery.VerifyRequest(user_id="u1", image=CROP, input=ALIGNED)
    assert people.Verify(verify).verified
    compared = enrolled.faces.Compare(
        face.CompareRequest(image_1=CROP, input_1=ALIGNED, image_2=b"anna")
    )
    assert compared.match
    assert not compared.HasField("face_1")
    assert compared.HasField("face_2")
    both = face.CompareRequest(image_1=b"anna", image_2=CROP, input_2=ALIGNED)
    assert enrolled.faces.Compare(both).match


def test_enrolled_crop_is_found_by_a_photo(service: InProcess) -> None:
    """The enrolment tells no score, for there is none."""
    request = gallery.EnrollRequest(user_id="u1", image=CROP, input=ALIGNED)
    answer = service.gallery.Enroll(request)
    assert (answer.success, answer.samples, answer.quality.score) == (True, 1, 0.0)
    found = service.gallery.Search(gallery.SearchRequest(image=b"anna")).matches
    assert [match.user_id for match in found] == ["u1"]
    listed = gallery.GetEnrollmentRequest(user_id="u1", include_samples=True)
    (sample,) = service.gallery.GetEnrollment(listed).enrolled_samples
    assert sample.source == gallery.EnrolledSample.ALIGNED_CROP
    assert sample.recognizability == pytest.approx(0.9)
    assert not sample.HasField("quality")
    assert not sample.bbox


def test_crop_without_an_identity_is_refused_and_matches_nobody(enrolled: InProcess) -> None:
    """The gates hold for crops as for photos."""
    people = enrolled.gallery
    answer = people.Enroll(gallery.EnrollRequest(user_id="u2", image=SPOILT, input=ALIGNED))
    assert not answer.success
    reasons = [rejection.reason for rejection in answer.rejections]
    assert reasons == [gallery.Rejection.NOT_RECOGNIZABLE]
    search = gallery.SearchRequest(image=SPOILT, input=ALIGNED)
    found = people.Search(search)
    assert (found.probe_recognizable, list(found.matches)) == (False, [])
    search.allow_unrecognizable = True
    assert people.Search(search).matches
    blurred = gallery.EnrollRequest(user_id="u2", image=b"crop anna:0.9", input=ALIGNED)
    reasons = [rejection.reason for rejection in people.Enroll(blurred).rejections]
    assert reasons == [gallery.Rejection.TOO_BLURRED]


CALLS: dict[str, Callable[[InProcess, dict[str, Any]], Any]] = {
    "Embed": lambda s, f: s.faces.Embed(face.EmbedRequest(**f)),
    "Enroll": lambda s, f: s.gallery.Enroll(gallery.EnrollRequest(user_id="u2", **f)),
    "Search": lambda s, f: s.gallery.Search(gallery.SearchRequest(**f)),
    "Verify": lambda s, f: s.gallery.Verify(gallery.VerifyRequest(user_id="u1", **f)),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_another_size_is_refused_with_field_and_limit(
    enrolled: InProcess, call: Callable[[InProcess, dict[str, Any]], Any]
) -> None:
    """The fake's photos are one pixel high."""
    refused = failure(lambda: call(enrolled, {"image": b"anna", "input": ALIGNED}))
    assert refused.code == grpc.StatusCode.INVALID_ARGUMENT
    assert (refused.reason, refused.fields) == ("INVALID_FIELD", ["image"])
    assert refused.metadata.items() >= {"width": "5", "height": "1", "limit": "112"}.items()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"input": 9}, "input"),
        ({"input": ALIGNED, "require_single_face": True}, "face_selection"),
        (
            {"input": ALIGNED, "face_selection": types.FaceSelection(rule="LARGEST")},
            "face_selection",
        ),
    ],
    ids=["unknown", "single", "selection"],
)
def test_what_a_crop_cannot_be_asked_is_refused(
    enrolled: InProcess,
    call: Callable[[InProcess, dict[str, Any]], Any],
    fields: dict[str, Any],
    field: str,
) -> None:
    """An input that does not exist, and a selection among the faces of a crop."""
    refused = failure(lambda: call(enrolled, {"image": CROP, **fields}))
    assert (refused.reason, refused.fields) == ("INVALID_FIELD", [field])


def test_compare_names_the_side_at_fault(service: InProcess) -> None:
    """In the size and in the selection."""
    request = face.CompareRequest(image_1=b"anna", image_2=b"anna", input_2=ALIGNED)
    refused = failure(lambda: service.faces.Compare(request))
    assert (refused.reason, refused.fields) == ("INVALID_FIELD", ["image_2"])
    request = face.CompareRequest(image_1=CROP, input_1=ALIGNED, image_2=b"anna")
    request.face_selection_1.rule = types.FaceSelection.LARGEST
    refused = failure(lambda: service.faces.Compare(request))
    assert (refused.reason, refused.fields) == ("INVALID_FIELD", ["face_selection_1"])


def test_liveness_cannot_be_asked_of_a_crop(service: InProcess) -> None:
    """It shows nothing of the surroundings."""
    request = gallery.EnrollRequest(user_id="u1", image=CROP, input=ALIGNED, check_liveness=True)
    refused = failure(lambda: service.gallery.Enroll(request))
    assert (refused.reason, refused.fields) == ("INVALID_FIELD", ["check_liveness"])


def test_python_client_sends_crops(enrolled: InProcess) -> None:
    """In every place where a photo may stand."""
    crop = facesvc_client.AlignedCrop(CROP)
    with facesvc_client.Client(f"127.0.0.1:{enrolled.server.port}") as client:
        assert not client.embed(crop).HasField("face")
        assert client.verify("u1", crop).verified
        assert client.compare(b"anna", crop).match
        assert client.enroll("u3", crop).success
