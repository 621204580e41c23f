"""An embedding in place of a photo, in every call that compares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from facesvc.v1 import face_service_pb2 as face
from facesvc.v1 import gallery_service_pb2 as gallery
from facesvc.v1 import types_pb2 as types
from tests.contract.conftest import PACK, InProcess
from tests.contract.expect import failure
from tests.fakes import embedding_of


def given(name: str, **changes: Any) -> types.FaceEmbedding:
    """The fake engine's embedding of a name, as a caller sends it."""
    fields: dict[str, Any] = {"values": embedding_of(name).tolist(), "model": PACK.recognizer}
    return types.FaceEmbedding(**{**fields, **changes})


def calls(service: InProcess, embedding: types.FaceEmbedding) -> dict[str, Callable[[], Any]]:
    """Every call that takes an embedding."""
    faces, people = service.faces, service.gallery
    return {
        "Enroll": lambda: people.Enroll(
            gallery.EnrollRequest(user_id="u2", name="Anna", embedding=embedding)
        ),
        "Search": lambda: people.Search(gallery.SearchRequest(embedding=embedding)),
        "Verify": lambda: people.Verify(gallery.VerifyRequest(user_id="u1", embedding=embedding)),
        "Compare": lambda: faces.Compare(
            face.CompareRequest(embedding_1=embedding, image_2=b"anna")
        ),
    }


@pytest.fixture
def enrolled(service: InProcess) -> InProcess:
    """Anna is enrolled from a photo."""
    service.gallery.Enroll(gallery.EnrollRequest(user_id="u1", name="Anna", image=b"anna"))
    return service


def test_embedding_answers_as_its_photo_does(enrolled: InProcess) -> None:
    """Search, Verify and Compare agree with the photo; there is no face to tell of."""
    ask = calls(enrolled, given("anna"))
    search = ask["Search"]()
    assert [match.user_id for match in search.matches] == ["u1"]
    assert search.matches[0].similarity == pytest.approx(1.0)
    assert not search.HasField("face")
    assert search.faces_detected == 0
    assert ask["Verify"]().verified
    comparison = ask["Compare"]()
    assert comparison.match
    assert not comparison.HasField("face_1")
    assert comparison.HasField("face_2")


def test_enrolled_embedding_is_found_by_a_photo(service: InProcess) -> None:
    """Stored as if its photo had been enrolled."""
    answer = calls(service, given("anna"))["Enroll"]()
    assert (answer.success, answer.samples) == (True, 1)
    assert not answer.HasField("quality")
    found = service.gallery.Search(gallery.SearchRequest(image=b"anna")).matches
    assert [(match.user_id, match.name) for match in found] == [("u2", "Anna")]


@pytest.mark.parametrize(
    "form",
    [
        {"values": (3.0 * embedding_of("anna")).tolist()},
        {"values": [], "packed": embedding_of("anna").astype("<f4").tobytes()},
        {"values": [], "packed": embedding_of("anna").astype("<f2").tobytes()},
    ],
    ids=["longer-than-1", "float32", "float16"],
)
def test_embedding_may_be_packed_and_is_normalised(enrolled: InProcess, form: Any) -> None:
    """The cosine is that of the direction."""
    (match,) = calls(enrolled, given("anna", **form))["Search"]().matches
    assert match.similarity == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("call", ["Enroll", "Search", "Verify", "Compare"])
@pytest.mark.parametrize(
    ("changes", "reason", "place"),
    [
        ({"model": "another"}, "MODEL_MISMATCH", "model"),
        ({"model": ""}, "MODEL_MISMATCH", "model"),
        ({"values": [1.0] * 511}, "INVALID_FIELD", "values"),
        ({"values": [0.0] * 512}, "INVALID_FIELD", "values"),
        ({"values": [float("nan")] * 512}, "INVALID_FIELD", "values"),
        ({"values": [float("inf")] + [0.0] * 511}, "INVALID_FIELD", "values"),
        ({"values": []}, "INVALID_FIELD", "values"),
        ({"packed": b"12"}, "INVALID_FIELD", "values"),
        ({"values": [], "packed": b"12"}, "INVALID_FIELD", "packed"),
        ({"values": [], "packed": np.zeros(512, "<f4").tobytes()}, "INVALID_FIELD", "packed"),
    ],
    ids=[
        "other-model",
        "no-model",
        "short",
        "zero",
        "nan",
        "infinite",
        "empty",
        "both",
        "bytes",
        "packed-zero",
    ],
)
def test_bad_embedding_is_refused_by_its_field(
    enrolled: InProcess, call: str, changes: Any, reason: str, place: str
) -> None:
    """Over every call alike, and nothing is stored."""
    said = failure(calls(enrolled, given("anna", **changes))[call])
    field = "embedding_1" if call == "Compare" else "embedding"
    assert (said.reason, said.fields) == (reason, [f"{field}.{place}"])
    assert set(enrolled.stored.users) == {("default", "u1")}


def test_liveness_of_an_embedding_cannot_be_asked(service: InProcess) -> None:
    """There is no photo to look at."""
    request = gallery.EnrollRequest(user_id="u2", embedding=given("anna"), check_liveness=True)
    said = failure(lambda: service.gallery.Enroll(request))
    assert (said.reason, said.fields) == ("INVALID_FIELD", ["check_liveness"])


def test_duplicate_of_an_embedding_is_refused(enrolled: InProcess) -> None:
    """The gallery is asked as for a photo."""
    request = gallery.EnrollRequest(user_id="u2", embedding=given("anna"), check_duplicate=True)
    answer = enrolled.gallery.Enroll(request)
    assert not answer.success
    assert [each.reason for each in answer.rejections] == [gallery.Rejection.DUPLICATE_PERSON]
