"""A photo as the whole body of a REST call reaches the same RPC as JSON and gRPC do."""

from __future__ import annotations

import base64
from urllib.parse import quote_plus

import pytest
from google.api import annotations_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from facesvc.v1 import face_service_pb2, gallery_service_pb2
from tests.gateway.conftest import Faked
from tests.gateway.stack import ROOT

ANNA = base64.b64encode(b"anna").decode()


@pytest.mark.parametrize("content_type", ["image/jpeg", "IMAGE/PNG", "application/octet-stream"])
@pytest.mark.parametrize("path", ["/embed", "/liveness", "/analyze", "/search", "/identify"])
def test_the_answer_is_the_one_that_json_gets(faked: Faked, path: str, content_type: str) -> None:
    """Same path, same fields."""
    by_body = faked.rest.post_photo(path, b"anna ben", content_type)
    by_json = faked.rest.post(path, image=base64.b64encode(b"anna ben").decode())
    assert by_body.status == 200
    assert by_body.body == by_json.body
    assert by_body.body["faces_detected"] == 2


@pytest.mark.parametrize("content_type", ["image/jpeg", "application/x-www-form-urlencoded", ""])
def test_below_photos_the_body_is_the_photo_whatever_it_is_called(
    faked: Faked, content_type: str
) -> None:
    """So that a client needs no header, and OpenAPI a path for each way."""
    headers = {"content-type": content_type} if content_type else {}
    answer = faked.rest.call("POST", "/photos/embed", b"anna ben", headers)
    assert answer.status == 200, answer.text
    assert answer.body == faked.rest.post_photo("/embed", b"anna ben").body
    by_query = "/photos/embed?face_selection.near=1&face_selection.near=2&require_single_face=false"
    assert faked.rest.call("POST", by_query, b"anna ben", headers).status == 200


def test_the_other_fields_are_query_parameters(faked: Faked) -> None:
    """Text with spaces and letters of any script, numbers, enums in any case, switches."""
    name = "Zoë Ünal"
    query = f"user_id=zoe&name={quote_plus(name)}&mode=add&check_liveness=true&collection=photos"
    path = f"/enroll?{query}"
    enrolled = faked.rest.post_photo(path, b"zoe")
    assert enrolled.body["success"] is True
    known = faked.rest.get("/enroll/zoe?collection=photos").body
    assert (known["name"], known["samples"]) == (name, 1)
    faked.rest.post_photo(path, b"zoe")
    assert faked.rest.get("/enroll/zoe?collection=photos").body["samples"] == 2
    found = faked.rest.post_photo("/search?collection=photos&top_k=1&threshold=0.9", b"zoe").body
    assert [match["user_id"] for match in found["matches"]] == ["zoe"]
    verified = faked.rest.post_photo("/verify?collection=photos&user_id=zoe", b"zoe").body
    assert verified["verified"] is True
    query = "collection=photos&user_id=zoe&min_margin=0.1&skip_liveness=true"
    checked_in = faked.rest.post_photo(f"/checkin?{query}", b"zoe").body
    assert checked_in["decision"] == "MATCH"
    assert "liveness" not in checked_in


@pytest.mark.parametrize("query", ["nonsense=1", "top_k=many", "image_url=http://example.org/"])
def test_a_query_parameter_that_does_not_fit_is_400(faked: Faked, query: str) -> None:
    """Unknown names, wrong types, and a second image beside the body."""
    answer = faked.rest.post_photo(f"/search?{query}", b"anna")
    assert (answer.status, answer.reason) == (400, "MALFORMED_REQUEST")


def test_rpcs_on_two_photos_or_none_have_no_rule_for_a_photo_body() -> None:
    """The derived descriptor set holds exactly the methods whose request has a photo."""
    files = FileDescriptorSet.FromString((ROOT / "gateway" / "facesvc_photo.pb").read_bytes())
    with_rule = {
        method.name
        for file in files.file
        for service in file.service
        for method in service.method
        if method.options.HasExtension(annotations_pb2.http)
    }
    services = [
        *face_service_pb2.DESCRIPTOR.services_by_name.values(),
        *gallery_service_pb2.DESCRIPTOR.services_by_name.values(),
    ]
    with_photo = {
        method.name
        for service in services
        for method in service.methods
        if "photo" in method.input_type.fields_by_name
    }
    assert with_rule == with_photo
    assert {"Embed", "Enroll", "Search", "Verify", "Identify", "CheckIn"} <= with_photo
