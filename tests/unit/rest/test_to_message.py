"""From JSON and forms to requests: no value changes in silence."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from google.protobuf.message import Message

from facesvc.domain.errors import FaceError, InvalidFieldError, MalformedRequestError
from facesvc.transport.rest.requests import read_body
from facesvc.v1 import face_service_pb2 as face
from facesvc.v1 import gallery_service_pb2 as gallery

JSON = "application/json"
PHOTO = bytes(range(256)) * 3
BASE64 = base64.b64encode(PHOTO).decode()


def read(request: Message, body: str | bytes, content_type: str = JSON) -> Any:
    """Return the request with the body's fields."""
    read_body(request, content_type, body.encode() if isinstance(body, str) else body)
    return request


@pytest.mark.parametrize(
    "text",
    [
        BASE64,
        BASE64.rstrip("="),
        BASE64.replace("+", "-").replace("/", "_"),
        "\\r\\n".join(BASE64[i : i + 76] for i in range(0, len(BASE64), 76)),
        f"data:image/jpeg;base64,{BASE64}",
        f"DATA:image/jpeg;charset=x;BASE64,{BASE64}",
        "data:;base64," + BASE64.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"),
    ],
    ids=["plain", "unpadded", "url-safe", "lines", "data-uri", "capitals", "percent"],
)
def test_a_photo_in_json_may_be_spelt_in_each_common_way(text: str) -> None:
    """Browsers, shells and libraries write base64 differently."""
    assert read(face.EmbedRequest(), f'{{"image": "{text}"}}').image == PHOTO


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"image": "secret!secret"}', "image"),
        ('{"image": "data:image/jpeg;base64,secret!"}', "image"),
        ('{"image": "data:secret"}', "image"),
        ('{"image": ["secret"]}', "image"),
        ('{"image_url": {"secret": 1}}', "image_url"),
        ('{"treshold": "secret"}', "treshold"),
        ('{"threshold": "secret"}', "threshold"),
        ('{"threshold": true}', "threshold"),
        ('{"threshold": 1e39}', "threshold"),
        ('{"top_k": 1.5}', "top_k"),
        ('{"top_k": 3000000000}', "top_k"),
        ('{"topK": "secret"}', "top_k"),
        ('{"image_url": "secret", "image": "c2VjcmV0"}', "image"),
        ('{"collection": "secret", "collection": "secret"}', ""),
        ('{"collection": "\\ud800secret"}', "collection"),
        ('{"secret": ', ""),
        ('["secret"]', ""),
        ('{"threshold": NaN}', ""),
        ('{"image": "secret', ""),
        ("secret", ""),
        ("[" * 100_000, ""),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field_and_without_its_content(
    body: str, field: str
) -> None:
    """Neither photos nor names come back in an error, and so into a log."""
    with pytest.raises(MalformedRequestError) as refused:
        read(gallery.SearchRequest(), body)
    assert refused.value.field == field
    assert "secret" not in str(refused.value).replace("named secret", "")


def test_a_misspelt_field_is_named_with_the_one_that_was_meant() -> None:
    """An ignored treshold would match strangers."""
    with pytest.raises(MalformedRequestError, match=r"named treshold\. Is threshold meant\?"):
        read(gallery.SearchRequest(), '{"treshold": 0.9}')


def test_names_of_values_are_those_that_mean_something() -> None:
    """UNSPECIFIED stands for a field that is not there."""
    wanted = r"^features\[0\] must be one of QUALITY, ATTRIBUTES, LIVENESS, EMBEDDING\.$"
    with pytest.raises(MalformedRequestError, match=wanted):
        read(face.AnalyzeRequest(), '{"features": ["COLOUR"]}')


def test_an_unknown_name_that_is_no_name_is_not_repeated() -> None:
    """A photo that slipped into a key stays out of the answer."""
    with pytest.raises(MalformedRequestError) as refused:
        read(face.EmbedRequest(), f'{{"{BASE64}": 1}}')
    assert BASE64[:20] not in str(refused.value)


@pytest.mark.parametrize(
    "number",
    [
        "9007199254740993",
        "-9007199254740993",
        "9007199254740992",
        "1e400",
        "0.12345678901234567891",
    ],
)
def test_a_number_in_metadata_that_would_be_rounded_is_refused_with_its_place(number: str) -> None:
    """What comes back is what was sent, or an error says which number."""
    body = f'{{"user_id": "u1", "metadata": {{"badge": {{"no": [1, {number}]}}}}}}'
    with pytest.raises(InvalidFieldError) as refused:
        read(gallery.EnrollRequest(), body)
    assert refused.value.field == "metadata.badge.no[1]"


@pytest.mark.parametrize(
    "number", ["9007199254740991", "0.1", "0.10000000000000001", "-1.5e-9", "1E3", "0"]
)
def test_numbers_that_a_double_holds_are_kept(number: str) -> None:
    """As any writer of JSON prints them."""
    request = read(gallery.EnrollRequest(), f'{{"metadata": {{"n": {number}}}}}')
    assert request.metadata["n"] == float(number)


def test_both_spellings_of_names_enums_and_numbers_as_text_are_taken() -> None:
    """As ProtoJSON has it."""
    request = read(
        gallery.EnrollRequest(),
        '{"userId": "u1", "mode": "add", "requestId": "r", "image_url": null,'
        ' "expected_version": "7", "check_liveness": true, "metadata": {"a": [true, null, "x"]}}',
    )
    assert (request.user_id, request.mode, request.request_id) == ("u1", request.ADD, "r")
    assert request.expected_version == 7
    assert request.check_liveness
    assert not request.HasField("image_url")
    assert dict(request.metadata)["a"][2] == "x"


def test_a_body_may_not_say_again_what_the_path_says() -> None:
    """Who is named in the path is who is meant."""
    with pytest.raises(MalformedRequestError) as refused:
        read(gallery.EnrollRequest(user_id="anna"), '{"user_id": "bert"}')
    assert refused.value.field == "user_id"


def test_lists_hold_what_each_item_holds() -> None:
    """Two photos of a batch, each spelt in its own way; the place of a bad one is told."""
    body = f'{{"images": ["{BASE64}", "data:image/png;base64,{BASE64}"]}}'
    assert list(read(face.BatchEmbedRequest(), body).images) == [PHOTO, PHOTO]
    with pytest.raises(MalformedRequestError) as refused:
        read(face.BatchEmbedRequest(), f'{{"images": ["{BASE64}", "!"]}}')
    assert refused.value.field == "images[1]"


def form(*parts: tuple[str, bytes], boundary: str = "xYz") -> tuple[bytes, str]:
    """Return a form as browsers send it, and its content type."""
    body = b"".join(
        b'--%s\r\nContent-Disposition: form-data; name="%s"; filename="a b.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n%s\r\n" % (boundary.encode(), name.encode(), content)
        for name, content in parts
    )
    return body + f"--{boundary}--\r\n".encode(), f'multipart/form-data; boundary="{boundary}"'


def test_a_form_carries_files_text_numbers_and_json() -> None:
    """As curl -F and a page's form: the file as it is, the rest as it is written."""
    tricky = b"\r\n--xY\r\n\r\n" + PHOTO
    body, content_type = form(
        *(("image", tricky), ("user_id", "Zoë".encode()), ("name", b""), ("mode", b"ADD")),
        *(("check_liveness", b"true"), ("metadata", b'{"badge": 7}'), ("expected_version", b"")),
    )
    request = read(gallery.EnrollRequest(), body, content_type)
    assert (request.image, request.user_id, request.mode) == (tricky, "Zoë", request.ADD)
    assert (request.name, request.check_liveness, request.metadata["badge"]) == ("", True, 7)
    body, content_type = form(("images", PHOTO), ("images", b"second"))
    assert list(read(face.BatchEmbedRequest(), body, content_type).images) == [PHOTO, b"second"]


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        (form(("image", PHOTO))[0], "multipart/form-data", "boundary"),
        (form(("image", PHOTO))[0][:-9], "multipart/form-data; boundary=xYz", "end"),
        (form(("picture", PHOTO))[0], "multipart/form-data; boundary=xYz", "named picture"),
        (form(("photo", PHOTO))[0], "multipart/form-data; boundary=xYz", "photo. Is image meant"),
        (
            form(("metadata", b"Anna"))[0],
            "multipart/form-data; boundary=xYz",
            "^metadata: The JSON",
        ),
        (form(("user_id", b"\xff"))[0], "multipart/form-data; boundary=xYz", "UTF-8"),
        (form(("image", b"a"), ("image", b"b"))[0], "multipart/form-data; boundary=xYz", "twice"),
        (b"--x\r\nA: b\r\n\r\nc\r\n--x--", "multipart/form-data; boundary=x", "no name"),
        (b"", "multipart/form-data; boundary=x", "end"),
        (b"--x--", "multipart/mixed; boundary=x", "form-data"),
        (b"a=%ff", "application/x-www-form-urlencoded", "cannot be read"),
        (b"secret", "application/x-www-form-urlencoded", "cannot be read"),
    ],
)
def test_a_form_that_does_not_fit_says_why(body: bytes, content_type: str, message: str) -> None:
    """Without repeating what it holds."""
    with pytest.raises(MalformedRequestError, match=message) as refused:
        read(gallery.EnrollRequest(), body, content_type)
    assert "secret" not in str(refused.value)


def test_what_curl_posts_by_default_is_json_or_a_form() -> None:
    """Both are application/x-www-form-urlencoded to curl -d."""
    kind = "application/x-www-form-urlencoded"
    assert read(face.EmbedRequest(), ' {"image_url": "http://a/"}', kind).image_url == "http://a/"
    body = "image_url=http%3A%2F%2Fa%2F%3Fb%3Dc&encoding=EMBEDDING_ENCODING_FLOATS"
    assert read(face.EmbedRequest(), body, kind).image_url == "http://a/?b=c"


@pytest.mark.parametrize(
    "content_type", [JSON, "", "text/plain", "application/x-www-form-urlencoded"]
)
def test_no_body_is_an_empty_request(content_type: str) -> None:
    """What is missing is said by the call."""
    assert read(face.EmbedRequest(), "", content_type) == face.EmbedRequest()


def test_any_bytes_give_a_request_or_an_error_of_the_contract() -> None:
    """Cut and mangled bodies of both kinds end in no other way."""
    body, content_type = form(("image", PHOTO), ("user_id", b"u"), ("metadata", b'{"a": [1]}'))
    text = f'{{"user_id": "u", "metadata": {{"a": [1.5, {{}}]}}, "image": "{BASE64}"}}'.encode()
    for whole, kind in ((body, content_type), (text, JSON)):
        for end in range(0, len(whole), 7):
            for data in (whole[:end], whole[:end] + b'"}\xff' + whole[end + 3 :]):
                try:
                    read(gallery.EnrollRequest(), data, kind)
                except FaceError as error:
                    assert error.reason in ("MALFORMED_REQUEST", "INVALID_FIELD")
