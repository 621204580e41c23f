"""Every error over REST has the service's shape, whoever answers: the server or Envoy."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from facesvc.domain import errors
from facesvc.domain.errors import ErrorKind, FaceError, InvalidFieldError, OverloadedError
from gateway.settings import GatewaySettings
from harness.ports import free_ports
from tests.gateway.conftest import Faked
from tests.gateway.rest import JSON, Rest
from tests.gateway.stack import envoy_before
from tests.unit.test_status import example

HTTP_OF_KIND = {
    ErrorKind.INVALID: 400,
    ErrorKind.PRECONDITION: 400,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.CONFLICT: 409,
    ErrorKind.OVERLOADED: 429,
    ErrorKind.UNAVAILABLE: 503,
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.ENDED: 504,
}
MAX_BODY_BYTES = 32 * 1024 * 1024
URL = "http://example.org/anna.jpg"
ANNA = base64.b64encode(b"anna").decode()


def error_classes(base: type[FaceError] = FaceError) -> Iterator[type[FaceError]]:
    """Every error that a caller can be told about."""
    for kind in base.__subclasses__():
        if kind.reason and kind.__module__ == errors.__name__:
            yield kind
        yield from error_classes(kind)


@pytest.mark.parametrize("kind", list(error_classes()), ids=lambda kind: kind.__name__)
def test_every_error_class_has_its_http_status_and_reason(
    faked: Faked, kind: type[FaceError]
) -> None:
    """The status of the contract's table, the reason, and the message in JSON."""
    error = faked.source.pages[URL] = example(kind)
    answer = faked.rest.post("/embed", image_url=URL)
    assert (answer.status, answer.reason) == (HTTP_OF_KIND[kind.kind], kind.reason)
    assert answer.body["message"] == error.message


def test_field_violations_retry_delay_and_metadata_arrive(faked: Faked) -> None:
    """BadRequest names the field, RetryInfo the wait, ErrorInfo the dynamic values."""
    faked.source.pages[URL] = InvalidFieldError("Too long.", field="image_url", limit=2048)
    info, bad = faked.rest.post("/embed", image_url=URL).body["details"]
    assert info["metadata"] == {"limit": "2048"}
    assert bad["field_violations"][0]["field"] == "image_url"
    faked.source.pages[URL] = OverloadedError("Busy.", retry_after_s=1.5)
    answer = faked.rest.post("/embed", image_url=URL)
    assert answer.headers["retry-after"] == "2"
    retry = answer.body["details"][-1]
    assert retry == {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retry_delay": "1.500s"}


def test_a_defect_of_the_service_says_nothing_of_its_inside(faked: Faked) -> None:
    """Fixed text and the caller's own request id."""
    body = b'{"image": "%s"}' % base64.b64encode(b"crash")
    answer = faked.rest.call("POST", "/embed", body, JSON | {"x-request-id": "my-call-1"})
    assert (answer.status, answer.reason) == (500, "INTERNAL")
    assert "secret" not in answer.text
    assert answer.body["details"][0]["metadata"] == {"request_id": "my-call-1"}
    assert answer.headers["x-request-id"] == "my-call-1"


@pytest.mark.parametrize("verb", ["GET", "POST", "DELETE"])
def test_an_unknown_path_is_404(faked: Faked, verb: str) -> None:
    """Not found, with a reason of its own."""
    answer = faked.rest.call(verb, "/nope", None if verb == "GET" else b"{}", JSON)
    assert (answer.status, answer.reason) == (404, "UNKNOWN_PATH")


@pytest.mark.parametrize(
    ("verb", "path", "allowed"),
    [
        ("GET", "/embed", "POST"),
        ("PUT", "/embed?threshold=1", "POST"),
        ("POST", "/health", "GET"),
        ("POST", "/enroll/anna%20k", "DELETE, GET, PATCH"),
        ("GET", "/aliases/staff", "DELETE, PUT"),
        ("POST", "/", "GET, HEAD"),
        ("DELETE", "/openapi.yaml", "GET, HEAD"),
    ],
)
def test_a_wrong_verb_is_405_and_names_the_right_ones(
    faked: Faked, verb: str, path: str, allowed: str
) -> None:
    """In the Allow header and in the message."""
    answer = faked.rest.call(verb, path, None if verb == "GET" else b"{}", JSON)
    assert (answer.status, answer.reason) == (405, "UNKNOWN_PATH")
    assert answer.headers["allow"] == allowed
    assert allowed in answer.body["message"]


def test_a_photo_with_a_wrong_verb_is_405_as_well(faked: Faked) -> None:
    """Not 415: the path would take the photo."""
    answer = faked.rest.call("PUT", "/embed", b"anna", {"content-type": "image/jpeg"})
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


ORIGIN = "https://staff.example"


@pytest.fixture(scope="module")
def for_pages(faked: Faked, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    """A gateway that a page of another origin may call."""
    gateway = GatewaySettings(cors_origins=(ORIGIN,))
    with envoy_before(faked.grpc_port, tmp_path_factory.mktemp("cors"), gateway) as rest:
        yield rest


@pytest.mark.parametrize(
    ("verb", "path", "content_type", "body", "status"),
    [
        ("POST", "/embed", "multipart/form-data", b"--x--", 400),
        ("POST", "/compare", "image/jpeg", b"anna", 415),
        ("POST", "/embed", "application/json", b"{" + b" " * MAX_BODY_BYTES + b"}", 413),
        ("PUT", "/embed", "application/json", b"{}", 405),
        ("DELETE", "/enroll/anna?user_id=ben", "application/json", b"", 400),
        ("GET", "/nope", "application/json", None, 404),
    ],
)
def test_a_page_of_an_allowed_origin_may_read_every_refusal(
    for_pages: Rest, verb: str, path: str, content_type: str, body: bytes | None, status: int
) -> None:
    """Without the header a browser only says that it failed to fetch."""
    headers = {"content-type": content_type, "origin": ORIGIN}
    answer = for_pages.call(verb, path, body, headers)
    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    stranger = for_pages.call(verb, path, body, headers | {"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in stranger.headers


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/embed", b'{"image_url":', "line 1, column 14"),
        ("/embed", b"[]", "root"),
        ("/embed", b'{"image_url": 5}', "image_url"),
        ("/embed", b'{"image": "!!"}', "image"),
        ("/search", b'{"top_k": "many"}', "top_k"),
        ("/search", b'{"threshold": true}', "threshold"),
        ("/enroll", b'{"mode": "SOMETIMES"}', "mode"),
        ("/embed", b'{"image_url": "\xff"}', "UTF-8"),
        ("/embed", b'{"image_url": "a", "image": "YQ=="}', "source"),
        ("/embed?nonsense=1", b"{}", "nonsense"),
    ],
)
def test_json_that_does_not_fit_says_where(
    faked: Faked, path: str, body: bytes, named: str
) -> None:
    """Syntax, types, encodings, both images at once, unknown query parameters."""
    answer = faked.rest.call("POST", path, body, JSON)
    assert (answer.status, answer.reason) == (400, "MALFORMED_REQUEST")
    assert named in answer.body["message"]


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("top_k=abc", "top_k", "top_k must be a whole number."),
        ("min_version=-1", "min_version", "min_version must be a whole number from 0."),
        ("threshold=nan", "threshold", "threshold must be a number."),
        ("include_metadata=Anna", "include_metadata", "include_metadata must be true or false."),
        ("input=Anna", "input", "input must be of the kind InputKind in /openapi.yaml."),
        (
            "face_selection=LARGEST",
            "face_selection",
            "face_selection must be of the kind FaceSelection in /openapi.yaml.",
        ),
        (
            "face_selection.rule=%22Anna%22%20for%20type%20x",
            "face_selection.rule",
            "face_selection.rule must be of the kind Rule in /openapi.yaml.",
        ),
        ("limit=5", "limit", "No parameter of this call is named limit."),
        ("A%22nna%20=5", "?", "No parameter of this call is named ?."),
    ],
)
def test_a_query_parameter_that_cannot_be_read_is_a_violation_of_its_field(
    faked: Faked, query: str, field: str, said: str
) -> None:
    """In the words of the service, without what the parameter held."""
    answer = faked.rest.call("POST", f"/search?{query}", b"anna", {"content-type": "image/jpeg"})
    assert (answer.status, answer.reason) == (400, "MALFORMED_REQUEST")
    assert answer.body["message"] == said
    (violation,) = answer.body["details"][1]["field_violations"]
    assert violation == {"field": field, "description": said, "reason": "MALFORMED_REQUEST"}
    assert "Anna" not in str(answer.body)


def test_an_unknown_query_parameter_of_a_get_is_400(faked: Faked) -> None:
    """A misspelt page_size shall not silently mean the default."""
    answer = faked.rest.get("/gallery?pagesize=5")
    assert (answer.status, answer.reason) == (400, "MALFORMED_REQUEST")
    assert "pagesize" in answer.body["message"]


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/enroll/anna?user_id=bert"),
        ("DELETE", "/enroll/anna?collection=staff&user_id=bert"),
        ("DELETE", "/enroll/anna?userId=bert"),
        ("DELETE", "/enroll/anna?user%5Fid=bert"),
        ("DELETE", "/collections/a?collection=b"),
        ("DELETE", "/aliases/a?alias=b"),
    ],
)
def test_a_query_parameter_cannot_override_the_path(faked: Faked, verb: str, path: str) -> None:
    """Who is named in the path is who is meant; anything else is refused."""
    answer = faked.rest.call(verb, path, None, JSON)
    assert (answer.status, answer.reason) == (400, "MALFORMED_REQUEST")


def test_neither_image_is_missing_image(faked: Faked) -> None:
    """An empty object, no body at all, and an empty photo."""
    for answer in (
        faked.rest.post("/embed"),
        faked.rest.call("POST", "/embed"),
        faked.rest.post_photo("/embed", b""),
    ):
        assert (answer.status, answer.reason) == (400, "MISSING_IMAGE")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_413(faked: Faked, chunked: bool) -> None:
    """Refused while it arrives, by length or by count."""
    body = b'{"image": "' + b"A" * MAX_BODY_BYTES + b'"}'
    headers = dict(JSON)
    if chunked:
        headers["transfer-encoding"] = "chunked"
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    try:
        answer = faked.rest.call("POST", "/embed", body, headers)
    except (BrokenPipeError, ConnectionResetError):
        pytest.skip("Envoy hung up before this client had read the answer")
    assert (answer.status, answer.reason) == (413, "IMAGE_TOO_LARGE")


def test_headers_over_the_limit_are_431(faked: Faked) -> None:
    """More than gRPC would take as metadata."""
    answer = faked.rest.call("GET", "/health", headers={"x-long": "a" * 9000})
    assert (answer.status, answer.reason) == (431, "MALFORMED_REQUEST")


def test_photos_in_the_wrong_place_are_415(faked: Faked) -> None:
    """The message says what to send instead."""
    photo = faked.rest.post_photo("/compare", b"anna")
    assert (photo.status, photo.reason) == (415, "MALFORMED_REQUEST")
    assert "/embed" in photo.body["message"]


def test_a_server_that_is_down_is_503(tmp_path: Path) -> None:
    """Envoy answers at once, in the same shape, without naming addresses."""
    (nobody,) = free_ports(1)
    with envoy_before(nobody, tmp_path) as rest:
        answer = rest.post("/embed", image=ANNA)
    assert (answer.status, answer.reason) == (503, "SERVICE_UNAVAILABLE")
    assert str(nobody) not in answer.text
