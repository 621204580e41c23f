"""A collection that nobody ever enrolled into never looks like one where nobody matched."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from facesvc.v1 import gallery_service_pb2 as pb
from tests.contract.conftest import InProcess
from tests.contract.expect import failure

NAMED = {"image": b"bert", "threshold": 1.0}
READS: dict[str, Any] = {
    "Search": pb.SearchRequest(**NAMED),
    "Search for a face without identity": pb.SearchRequest(image=b"bert:0.9:0.2"),
    "Identify": pb.IdentifyRequest(**NAMED),
    "CheckIn": pb.CheckInRequest(**NAMED),
    "CheckIn of a poor photo": pb.CheckInRequest(image=b"bert:0.2"),
    "ListGallery": pb.ListGalleryRequest(),
}
OF_A_USER: dict[str, Any] = {
    "Verify": pb.VerifyRequest(user_id="who", image=b"bert"),
    "CheckIn": pb.CheckInRequest(user_id="who", image=b"bert"),
    "GetEnrollment": pb.GetEnrollmentRequest(user_id="who"),
    "DeleteEnrollment": pb.DeleteEnrollmentRequest(user_id="who"),
}
OF_THE_WHOLE: dict[str, Any] = {
    "ExportGallery": pb.ExportGalleryRequest(),
    "CheckGallery": pb.CheckGalleryRequest(),
    "DeleteCollection": pb.DeleteCollectionRequest(),
}


def ask(service: InProcess, call: str, request: Any, collection: str) -> Any:
    """Make a call in a collection; return the answer, the first of a stream."""
    asked = type(request)()
    asked.CopyFrom(request)
    asked.collection = collection
    answer = getattr(service.gallery, call.split()[0])(asked)
    return answer if hasattr(answer, "DESCRIPTOR") else next(answer)


@pytest.fixture(autouse=True)
def staff(service: InProcess) -> None:
    """One person in one collection."""
    service.gallery.Enroll(pb.EnrollRequest(user_id="u1", image=b"anna", collection="staff"))


@pytest.mark.parametrize("call", READS)
def test_answer_says_whether_the_collection_is_known(service: InProcess, call: str) -> None:
    """The field is there in both cases, so that an older server's silence is no answer."""
    for collection, known in (("staff", True), ("stafff", False)):
        answer = ask(service, call, READS[call], collection)
        assert answer.HasField("collection_known")
        assert answer.collection_known is known


@pytest.mark.parametrize("call", OF_A_USER)
def test_unknown_user_tells_the_unknown_collection(service: InProcess, call: str) -> None:
    """The reason stays USER_NOT_FOUND; the metadata tells which of the two is missing."""
    said = failure(lambda: ask(service, call, OF_A_USER[call], "staff"))
    assert (said.code, said.reason) == (grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND")
    assert "collection_known" not in said.metadata
    said = failure(lambda: ask(service, call, OF_A_USER[call], "stafff"))
    assert (said.code, said.reason) == (grpc.StatusCode.NOT_FOUND, "USER_NOT_FOUND")
    assert said.metadata["collection_known"] == "false"
    assert said.metadata["collection"] == "stafff"


@pytest.mark.parametrize("call", OF_THE_WHOLE)
def test_call_on_a_whole_unknown_collection_is_an_error(service: InProcess, call: str) -> None:
    """Nothing is exported, checked or deleted of what does not exist."""
    said = failure(lambda: ask(service, call, OF_THE_WHOLE[call], "stafff"))
    assert (said.code, said.reason) == (grpc.StatusCode.NOT_FOUND, "COLLECTION_NOT_FOUND")


def test_deleted_collection_is_unknown_again(service: InProcess) -> None:
    """And an emptied one is not."""
    service.gallery.DeleteEnrollment(pb.DeleteEnrollmentRequest(user_id="u1", collection="staff"))
    assert ask(service, "Search", READS["Search"], "staff").collection_known
    service.gallery.DeleteCollection(pb.DeleteCollectionRequest(collection="staff"))
    assert not ask(service, "Search", READS["Search"], "staff").collection_known
