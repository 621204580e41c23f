"""Aligned crops over REST, in JSON and as a body."""

from __future__ import annotations

import base64

import pytest

from tests.gateway.conftest import Faked

CROP = b"crop anna"
IN_JSON = base64.b64encode(CROP).decode()


@pytest.mark.parametrize("path", ["/embed", "/search"])
def test_json_and_body_say_the_same_of_a_crop(faked: Faked, path: str) -> None:
    """By the enum's name; without it the same bytes are a photo without a face."""
    by_json = faked.rest.post(path, image=IN_JSON, input="ALIGNED_CROP")
    by_body = faked.rest.post_photo(f"{path}?input=ALIGNED_CROP", CROP)
    assert by_json.status == by_body.status == 200, by_json.text
    assert by_json.body == by_body.body
    assert "face" not in by_json.body
    assert by_json.body["quality"]["recognizability"] == pytest.approx(0.9)
    assert faked.rest.post(path, image=IN_JSON).body["details"][0]["reason"] == "NO_FACE"


def test_crop_of_another_size_is_an_error_with_field_and_limit(faked: Faked) -> None:
    """As over gRPC."""
    anna = base64.b64encode(b"anna").decode()
    refused = faked.rest.post("/embed", image=anna, input="ALIGNED_CROP")
    assert refused.status == 400
    assert "112" in refused.text
    assert "INVALID_FIELD" in refused.text
