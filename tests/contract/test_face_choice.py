"""Every answer says which face it is about, and every caller can say which one is meant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facesvc.v1 import face_service_pb2 as face
from facesvc.v1 import gallery_service_pb2 as gallery
from facesvc.v1 import types_pb2 as types
from tests.contract.conftest import InProcess
from tests.contract.expect import failure
from tests.fakes import embedding_of

SECOND = types.FaceSelection(near=[15, 5])  # the fake's second face begins at 10.4
TWO = b"anna             bert"  # a pixel for each character


def ask(service: InProcess, **fields: Any) -> dict[str, Any]:
    """Return every call's answer about a photo of two people."""
    service.gallery.Enroll(gallery.EnrollRequest(user_id="u1", image=b"bert"))
    pair = {"face_selection_1": fields["face_selection"]} if "face_selection" in fields else {}
    pair |= {k: v for k, v in fields.items() if k == "require_single_face"}
    faces, people = service.faces, service.gallery
    return {
        "Embed": lambda: faces.Embed(face.EmbedRequest(image=TWO, **fields)),
        "BatchEmbed": lambda: faces.BatchEmbed(
            face.BatchEmbedRequest(images=[TWO], **fields)
        ).results[0],
        "StreamEmbed": lambda: next(
            faces.StreamEmbed(iter([face.StreamEmbedRequest(item_id="1", image=TWO, **fields)]))
        ),
        "CheckLiveness": lambda: faces.CheckLiveness(
            face.CheckLivenessRequest(image=TWO, **fields)
        ),
        "Compare": lambda: faces.Compare(face.CompareRequest(image_1=TWO, image_2=b"bert", **pair)),
        "Search": lambda: people.Search(gallery.SearchRequest(image=TWO, **fields)),
        "Verify": lambda: people.Verify(gallery.VerifyRequest(user_id="u1", image=TWO, **fields)),
        "CheckIn": lambda: people.CheckIn(gallery.CheckInRequest(image=TWO, **fields)),
        "Enroll": lambda: people.Enroll(
            gallery.EnrollRequest(user_id="u2", image=TWO, collection="other", **fields)
        ),
    }


CALLS = [
    "Embed",
    "BatchEmbed",
    "StreamEmbed",
    "CheckLiveness",
    "Compare",
    "Search",
    "Verify",
    "CheckIn",
    "Enroll",
]


@pytest.mark.parametrize("call", CALLS)
def test_answer_says_which_face_was_meant(service: InProcess, call: str) -> None:
    """The second face, asked for by a point in it, is told with box, score and landmarks."""
    answer = ask(service, face_selection=SECOND)[call]()
    used = answer.face_1 if call == "Compare" else answer.face
    count = answer.faces_detected_1 if call == "Compare" else answer.faces_detected
    assert list(used.bbox) == [10, 0, 20, 1]
    assert used.detection_score == pytest.approx(0.89)
    assert len(used.landmarks) == 10
    assert count == 2


@pytest.mark.parametrize("call", CALLS)
def test_single_face_can_be_required(service: InProcess, call: str) -> None:
    """A photo of two people is refused with AMBIGUOUS_FACE, item by item in lists."""
    asked = ask(service, require_single_face=True)[call]
    if call == "BatchEmbed":
        assert asked().reason == "AMBIGUOUS_FACE"
    elif call == "StreamEmbed":
        assert "several faces" in asked().error.message
    else:
        failed = failure(asked)
        field = "image_1" if call == "Compare" else "image"
        assert (failed.reason, failed.fields) == ("AMBIGUOUS_FACE", [field])
        assert failed.metadata == {"faces": "2"}


def test_selection_changes_whose_embedding_is_answered(service: InProcess) -> None:
    """Not only the box: the person."""
    answers = ask(service, face_selection=SECOND)
    np.testing.assert_array_equal(np.float32(answers["Embed"]().embedding), embedding_of("bert"))
    assert answers["Search"]().matches[0].user_id == "u1"
    assert answers["Compare"]().match


def test_enrolment_of_rivals_succeeds_once_the_caller_says_which(service: InProcess) -> None:
    """Two equally good faces are ambiguous by themselves, and not with a rule."""
    assert failure(ask(service)["Enroll"]).reason == "AMBIGUOUS_FACE"
    largest = types.FaceSelection(rule=types.FaceSelection.LARGEST)
    assert ask(service, face_selection=largest)["Enroll"]().success


@pytest.mark.parametrize(
    ("selection", "field"),
    [
        (types.FaceSelection(near=[1]), "face_selection.near"),
        (types.FaceSelection(near=[5, 5, 1, 1]), "face_selection.near"),
        (types.FaceSelection(near=[float("nan"), 1]), "face_selection.near"),
        (types.FaceSelection(rule=types.FaceSelection.NEAREST), "face_selection.near"),
        (
            types.FaceSelection(rule=types.FaceSelection.LARGEST, near=[1, 1]),
            "face_selection.near",
        ),
        (types.FaceSelection(rule=99), "face_selection.rule"),  # type: ignore[arg-type]
    ],
    ids=["one-number", "inside-out", "nan", "nearest-to-what", "near-for-largest", "unknown"],
)
def test_bad_selection_names_its_field(
    service: InProcess, selection: types.FaceSelection, field: str
) -> None:
    """Before any image work is done."""
    failed = failure(ask(service, face_selection=selection)["Search"])
    assert (failed.reason, failed.fields) == ("INVALID_FIELD", [field])
