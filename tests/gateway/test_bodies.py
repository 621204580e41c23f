"""Bodies of REST calls through Envoy: data URIs, forms, and errors that repeat nothing."""

from __future__ import annotations

import base64

import pytest

from tests.gateway.conftest import Faked
from tests.gateway.rest import JSON

ANNA = base64.b64encode(b"anna").decode()
MARK = "xYz"


def form(**fields: bytes) -> bytes:
    """Return a multipart form."""
    parts = [
        f'--{MARK}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + content
        for name, content in fields.items()
    ]
    return b"\r\n".join(parts) + f"\r\n--{MARK}--\r\n".encode()


FORM = {"content-type": f"multipart/form-data; boundary={MARK}"}


@pytest.mark.parametrize("field", ["image", "image_url"])
def test_a_data_uri_is_the_photo_that_it_holds(faked: Faked, field: str) -> None:
    """What a browser's canvas gives may be sent as it is, in either field."""
    answer = faked.rest.post("/embed", **{field: f"data:image/jpeg;base64,{ANNA}"})
    assert answer.status == 200
    assert answer.body == faked.rest.post("/embed", image=ANNA).body


def test_a_form_answers_like_json(faked: Faked) -> None:
    """A browser's form and curl -F, for one photo and for two."""
    by_form = faked.rest.call("POST", "/embed", form(image=b"anna"), FORM)
    assert by_form.body == faked.rest.post("/embed", image=ANNA).body
    fields = form(image=b"zed", user_id=b"zed", name="Zoë".encode(), metadata=b'{"badge": 7}')
    assert faked.rest.call("POST", "/enroll?collection=forms", fields, FORM).body["success"] is True
    known = faked.rest.get("/enroll/zed?collection=forms").body
    assert (known["name"], known["metadata"]) == ("Zoë", {"badge": 7.0})
    pair = form(image_1=b"anna", image_2=b"anna", threshold=b"0.5")
    assert faked.rest.call("POST", "/compare", pair, FORM).body["match"] is True


@pytest.mark.parametrize(
    ("path", "fields", "named"),
    [
        ("/search", {"image": ANNA, "treshold": 0.9}, "treshold"),
        ("/compare", {"image_1": ANNA, "image_two": ANNA}, "image_two"),
        ("/batch/embed", {"image": [ANNA]}, "images"),
        ("/erase", {"every": True}, "every"),
    ],
)
def test_an_unknown_field_of_the_json_is_named(
    faked: Faked, path: str, fields: dict[str, object], named: str
) -> None:
    """No call ignores what it does not know."""
    answer = faked.rest.post(path, **fields)
    assert (answer.status, answer.reason) == (400, "MALFORMED_REQUEST")
    assert named in answer.body["message"]


@pytest.mark.parametrize("image", ["data:image/jpeg;base64,@" + "A" * 4000, "A" * 4001, 5])
def test_no_error_repeats_the_photo(faked: Faked, image: object) -> None:
    """A photo that cannot be read does not end in its caller's log."""
    for path in ("/embed", "/checkin", "/enroll"):
        answer = faked.rest.post(path, image=image)
        assert answer.status == 400
        assert len(answer.text) < 700
        assert "AAAA" not in answer.text


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/search?top_k=AAAA%22AAAA", "top_k"),
        ("/search?image=data:image/jpeg;base64,AAAA!!", "image"),
        ("/enroll?mode=AAAA", "mode"),
    ],
)
def test_no_error_repeats_a_query_parameters_value(faked: Faked, path: str, named: str) -> None:
    """Its name is enough."""
    answer = faked.rest.post(path, collection="photos")
    assert (answer.status, answer.reason) == (400, "MALFORMED_REQUEST")
    assert named in answer.body["message"]
    assert "AAAA" not in answer.text


def test_a_batch_tells_its_items_without_their_data(faked: Faked) -> None:
    """image_url of a result is short when it was a data URI."""
    uri = f"data:image/jpeg;base64,{ANNA}"
    (result,) = faked.rest.post("/batch/embed", image_urls=[uri]).body["results"]
    assert (result["success"], result["image_url"]) == (True, "data:image/jpeg;base64,...")


def test_a_number_that_would_be_rounded_is_refused(faked: Faked) -> None:
    """9007199254740993 does not come back as ...992."""
    body = b'{"user_id": "n", "image": "%s", "metadata": {"id": 9007199254740993}}' % ANNA.encode()
    answer = faked.rest.call("POST", "/enroll", body, JSON)
    assert (answer.status, answer.reason) == (400, "INVALID_FIELD")
    assert answer.body["details"][1]["field_violations"][0]["field"] == "metadata.id"


def test_a_collections_key_is_held_against_the_body(faked: Faked) -> None:
    """The body is read before anything asks the request."""
    answer = faked.rest.post("/search", image=ANNA, collection="Not A Name")
    assert (answer.status, answer.reason) == (400, "INVALID_FIELD")
