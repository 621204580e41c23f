"""Every REST example of the contract, over the real Envoy and server with real photos.

The examples are written as callers know them. An answer may have more fields; none of these may
be missing, renamed, or of another JSON type.
"""

from __future__ import annotations

import re
import uuid
from base64 import b64encode
from collections.abc import Callable
from json import dumps
from typing import Any

import pytest

from tests.gateway.conftest import SAMPLES
from tests.gateway.stack import Stack

ANNA_1, ANNA_2, OTHER = "jacinda_ardern/1.jpg", "jacinda_ardern/2.jpg", "joe_biden/1.jpg"
LANDSCAPE = "no_face.png"

QUALITY = {
    "score": 0.85,
    "blur": 0.1,
    "pose_yaw": 5.0,
    "pose_pitch": 3.0,
    "pose_roll": 1.0,
    "face_size": 40000,
    "is_frontal": True,
}
CHECKS = {
    "screen_pattern": 0.85,
    "color_distribution": 0.72,
    "face_proportion": 1.0,
    "detection_confidence": 0.95,
    "texture_complexity": 0.68,
}
LIVENESS = {"is_live": True, "confidence": 0.78, "checks": CHECKS}

Link = Callable[[str], str]


def assert_like(answer: Any, example: Any, where: str = "answer") -> None:
    """Every name of the example is in the answer, with the same JSON type, all the way down."""
    if isinstance(example, dict):
        assert isinstance(answer, dict), f"{where} is no object: {answer!r}"
        missing = example.keys() - answer.keys()
        assert not missing, f"{where} lacks {missing}"
        for name, value in example.items():
            assert_like(answer[name], value, f"{where}.{name}")
    elif isinstance(example, list):
        assert isinstance(answer, list), f"{where} is no list: {answer!r}"
        for index, item in enumerate(answer):
            assert_like(item, example[0], f"{where}[{index}]")
    elif isinstance(example, float):  # JSON writes 1.0 as 1
        is_number = isinstance(answer, int | float) and not isinstance(answer, bool)
        assert is_number, f"{where} is no number: {answer!r}"
    else:
        assert type(answer) is type(example), f"{where} is no {type(example)}: {answer!r}"


@pytest.fixture
def collection(stack: Stack) -> str:
    """A gallery that no other test writes to."""
    return f"test-{uuid.uuid4().hex}"


def test_embed(stack: Stack, link: Link) -> None:
    """512 floats of unit length."""
    answer = stack.rest.post("/embed", image_url=link(ANNA_1))
    assert answer.status == 200
    example = {"embedding": [0.1], "score": 0.98, "faces_detected": 1, "quality": QUALITY}
    assert_like(answer.body, example)
    assert len(answer.body["embedding"]) == 512
    assert sum(value**2 for value in answer.body["embedding"]) == pytest.approx(1, abs=1e-4)


def test_compare(stack: Stack, link: Link) -> None:
    """The same person matches, another does not."""
    same = stack.rest.post("/compare", image_url_1=link(ANNA_1), image_url_2=link(ANNA_2))
    assert same.status == 200
    example = {
        "similarity": 0.85,
        "match": True,
        "threshold": 0.45,
        "quality_1": QUALITY,
        "quality_2": QUALITY,
    }
    assert_like(same.body, example)
    assert same.body["match"] is True
    assert same.body["threshold"] == pytest.approx(0.45)
    other = stack.rest.post("/compare", image_url_1=link(ANNA_1), image_url_2=link(OTHER))
    assert other.body["match"] is False


def test_the_life_of_a_user(stack: Stack, link: Link, collection: str) -> None:
    """Enrolled, listed, known, found, verified, deleted, gone."""
    rest = stack.rest
    metadata = {"department": "Engineering"}
    enrolled = rest.post(
        "/enroll",
        user_id="anna",
        image_url=link(ANNA_1),
        name="Anna",
        metadata=metadata,
        collection=collection,
    )
    assert enrolled.status == 200
    example: Any = {"user_id": "anna", "success": True, "quality": QUALITY, "message": "Face ..."}
    assert_like(enrolled.body, example)
    assert enrolled.body["message"] == "Face enrolled successfully"

    listed = rest.get(f"/gallery?page_size=10&page_token=&collection={collection}")
    assert listed.status == 200
    user = {
        "user_id": "anna",
        "name": "Anna",
        "metadata": {"department": "Engineering"},
        "samples": 1,
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
    }
    assert_like(listed.body, {"users": [user], "total": 1, "next_page_token": ""})
    assert listed.body["users"][0]["metadata"] == metadata
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", listed.body["users"][0]["created_at"])
    assert "embedding" not in listed.text

    known = rest.get(f"/enroll/anna?collection={collection}")
    assert known.status == 200
    assert_like(known.body, user)

    samples = rest.get(f"/enroll/anna/samples?collection={collection}")
    assert samples.status == 200
    example = {
        "sample_id": "0123456789abcdef",
        "quality": 0.9,
        "recognizability": 0.9,
        "bbox": [1],
        "created_at": "2026-01-01T00:00:00Z",
        "source": "PHOTO",
        "version": 1,
    }
    assert_like(samples.body, {"user_id": "anna", "samples": [example], "version": 1})
    assert samples.body["samples"][0]["bbox"] == enrolled.body["face"]["bbox"]
    assert "embedding" not in samples.text
    whole = rest.get(f"/enroll/anna?include_samples=true&collection={collection}")
    assert whole.body["enrolled_samples"] == samples.body["samples"]
    assert known.body["enrolled_samples"] == []

    found = rest.post(
        "/search", image_url=link(ANNA_2), top_k=5, threshold=0.45, collection=collection
    )
    assert found.status == 200
    match = {"user_id": "anna", "similarity": 0.92, "name": "Anna"}
    assert_like(found.body, {"matches": [match], "faces_detected": 1, "quality": QUALITY})
    assert [each["user_id"] for each in found.body["matches"]] == ["anna"]

    verified = rest.post("/verify", user_id="anna", image_url=link(ANNA_2), collection=collection)
    assert verified.status == 200
    example = {
        "user_id": "anna",
        "verified": True,
        "similarity": 0.92,
        "threshold": 0.45,
        "quality": QUALITY,
    }
    assert_like(verified.body, example)
    assert verified.body["verified"] is True

    edit_people(stack, collection)
    deleted = rest.delete(f"/enroll/anna?collection={collection}")
    assert deleted.status == 200
    assert_like(deleted.body, {"user_id": "anna", "success": True})
    gone = rest.delete(f"/enroll/anna?collection={collection}")
    assert (gone.status, gone.reason) == (404, "USER_NOT_FOUND")
    assert rest.get(f"/gallery?collection={collection}").body["users"] == []


def edit_people(stack: Stack, collection: str) -> None:
    """Change Anna as REST callers do, and leave her with one sample."""
    rest, json = stack.rest, {"content-type": "application/json"}

    def send(verb: str, path: str, **fields: Any) -> Any:
        body = dumps({**fields, "collection": collection}).encode()
        return rest.call(verb, path, body, json)

    updated = send("PATCH", "/enroll/anna", name="Anna K.", update_mask="name")
    assert updated.status == 200
    assert_like(updated.body, {"user_id": "anna", "version": 2, "samples": 1})
    known = rest.get(f"/enroll/anna?collection={collection}").body
    assert (known["name"], known["metadata"]) == ("Anna K.", {"department": "Engineering"})
    wrong = send("PATCH", "/enroll/anna", name="Anna", update_mask="samples")
    assert (wrong.status, wrong.reason) == (400, "INVALID_FIELD")

    image = b64encode((SAMPLES / ANNA_2).read_bytes()).decode()
    again = send("POST", "/enroll", user_id="anna", image=image, mode="ADD")
    assert again.body["samples"] == 2
    old, new = rest.get(f"/enroll/anna/samples?collection={collection}").body["samples"]
    path = f"/enroll/anna/samples/{new['sample_id']}"
    moved = send("POST", f"{path}/move", target_user_id="anne", create_target=True)
    assert moved.status == 200
    example: Any = {"user_id": "anna", "target_user_id": "anne", "target_samples": 1, "version": 4}
    assert_like(moved.body, example)
    last = rest.delete(f"/enroll/anna/samples/{old['sample_id']}?collection={collection}")
    assert (last.status, last.reason) == (400, "LAST_SAMPLE")
    merged = send("POST", "/enroll/anna/merge", source_user_id="anne")
    assert merged.status == 200
    example = {"user_id": "anna", "source_user_id": "anne", "samples": 2, "samples_moved": 1}
    assert_like(merged.body, {**example, "version": 5})
    deleted = rest.delete(f"{path}?collection={collection}")
    assert deleted.status == 200
    example = {"user_id": "anna", "sample_id": new["sample_id"], "samples": 1, "version": 6}
    assert_like(deleted.body, example)
    gone = rest.delete(f"{path}?collection={collection}")
    assert (gone.status, gone.reason) == (404, "SAMPLE_NOT_FOUND")


def test_check_in_and_identify(stack: Stack, link: Link, collection: str) -> None:
    """A selfie is decided on, and a group photo becomes a roll call."""
    rest = stack.rest
    enrolled = rest.post(
        "/enroll", user_id="anna", image_url=link(ANNA_1), name="Anna", collection=collection
    )
    assert enrolled.body["success"] is True
    answer = rest.post("/checkin", image_url=link(ANNA_2), collection=collection)
    assert answer.status == 200
    match = {"user_id": "anna", "similarity": 0.92, "name": "Anna"}
    example: Any = {
        "decision": "MATCH",
        "match": match,
        "reasons": [],
        "quality": QUALITY,
        "liveness": LIVENESS,
        "threshold": 0.45,
        "faces_detected": 1,
        "timings": {"fetch_ms": 1.5, "total_ms": 40.5},
    }
    assert_like(answer.body, example)
    assert answer.body["decision"] == "MATCH"
    assert "margin" not in answer.body  # there is no other user
    assert answer.body["timings"]["fetch_ms"] > 0

    stranger = rest.post("/checkin", image_url=link(OTHER), collection=collection)
    assert stranger.status == 200
    reason = {"reason": "BELOW_THRESHOLD", "measured": 0.1, "limit": 0.45, "hint": "..."}
    assert_like(stranger.body, {"decision": "NO_MATCH", "reasons": [reason]})
    assert stranger.body["decision"] == "NO_MATCH"
    assert "match" not in stranger.body

    roll = rest.post("/identify", image_url=link(ANNA_2), collection=collection)
    assert roll.status == 200
    face = {"bbox": [1], "detection_score": 0.9, "quality": QUALITY, "match": match}
    assert_like(roll.body, {"faces": [face], "faces_detected": 1, "users": [match]})
    assert [user["user_id"] for user in roll.body["users"]] == ["anna"]


def test_liveness(stack: Stack, link: Link) -> None:
    """Five checks at least, each from 0 to 1."""
    answer = stack.rest.post("/liveness", image_url=link(ANNA_1))
    assert answer.status == 200
    assert_like(answer.body, LIVENESS)
    assert all(0 <= value <= 1 for value in answer.body["checks"].values())


def test_batch_embed(stack: Stack, link: Link) -> None:
    """One photo without a face spoils only its own result."""
    urls = [link(ANNA_1), link(LANDSCAPE)]
    answer = stack.rest.post("/batch/embed", image_urls=urls)
    assert answer.status == 200
    good, bad = answer.body["results"]
    example = {"image_url": "url1", "success": True, "embedding": [0.1], "score": 0.95}
    assert_like(good, example)
    assert_like(bad, {"image_url": "url2", "success": False, "error": "No face detected"})
    assert (good["image_url"], bad["image_url"]) == tuple(urls)
    assert (good["success"], bad["success"]) == (True, False)
    assert len(good["embedding"]) == 512


def test_analyze(stack: Stack, link: Link) -> None:
    """Every face of the group, each fully described."""
    answer = stack.rest.post("/analyze", image_url=link("group.jpg"))
    assert answer.status == 200
    face = {
        "bbox": [100],
        "detection_score": 0.95,
        "quality": QUALITY,
        "age": 30,
        "gender": "M",
        "liveness": {"is_live": True, "confidence": 0.85, "checks": CHECKS},
    }
    assert_like(answer.body, {"faces_detected": 6, "faces": [face]})
    assert answer.body["faces_detected"] == len(answer.body["faces"]) == 6
    assert all(len(face["bbox"]) == 4 for face in answer.body["faces"])


def test_health(stack: Stack) -> None:
    """What runs here, under which licence, with how many users."""
    answer = stack.rest.get("/health")
    assert answer.status == 200
    example = {
        "status": "ok",
        "model": {"name": "open", "licence": "MIT"},
        "gallery": {"store": "sqlite", "state": "ok", "users": 0},
    }
    assert_like(answer.body, example)
    assert answer.body["status"] == "ok"
    assert answer.body["model"]["name"] == "open"


@pytest.mark.parametrize("path", ["/embed", "/liveness", "/analyze", "/search", "/identify"])
def test_a_photo_as_the_body_gets_the_answer_of_its_url(
    stack: Stack, link: Link, path: str
) -> None:
    """Curl --data-binary works like image_url."""
    photo = (SAMPLES / ANNA_1).read_bytes()
    by_body = stack.rest.post_photo(path, photo)
    assert by_body.status == 200
    assert by_body.body == stack.rest.post(path, image_url=link(ANNA_1)).body


def test_a_photo_without_a_face_is_an_error_with_its_reason(stack: Stack, link: Link) -> None:
    """NO_FACE where a face is needed, an empty list where faces are described."""
    answer = stack.rest.post("/embed", image_url=link(LANDSCAPE))
    assert (answer.status, answer.reason) == (400, "NO_FACE")
    assert stack.rest.post("/analyze", image_url=link(LANDSCAPE)).body["faces"] == []


@pytest.mark.parametrize(
    ("path", "fields", "status", "reason"),
    [
        ("/embed", {"image_url": "file:///etc/passwd"}, 400, "IMAGE_URL_REFUSED"),
        ("/embed", {"image_url": "http://10.0.0.1/a.jpg"}, 400, "IMAGE_URL_REFUSED"),
        ("/embed", {"image": "aGFsbG8="}, 400, "IMAGE_UNSUPPORTED"),
        ("/search", {"image": "aGFsbG8=", "top_k": 0}, 400, "INVALID_FIELD"),
        ("/search", {"image": "aGFsbG8=", "top_k": 10_001}, 400, "INVALID_FIELD"),
        ("/search", {"image": "aGFsbG8=", "threshold": 2}, 400, "INVALID_FIELD"),
        ("/enroll", {"image": "aGFsbG8=", "user_id": ""}, 400, "INVALID_FIELD"),
        ("/enroll", {"image": "aGFsbG8=", "user_id": "a" * 1000}, 400, "INVALID_FIELD"),
        ("/verify", {"image": "aGFsbG8="}, 400, "INVALID_FIELD"),
        ("/batch/embed", {}, 400, "MISSING_IMAGE"),
    ],
)
def test_bad_input_is_refused_with_its_reason(
    stack: Stack, path: str, fields: dict[str, Any], status: int, reason: str
) -> None:
    """The reasons of the contract's table."""
    answer = stack.rest.post(path, **fields)
    assert (answer.status, answer.reason) == (status, reason), answer.text


def test_a_url_that_is_not_there_is_a_failed_fetch(stack: Stack, link: Link) -> None:
    """The web server's 404 is no 404 of this service."""
    answer = stack.rest.post("/embed", image_url=link("nobody.jpg"))
    assert (answer.status, answer.reason) == (400, "IMAGE_FETCH_FAILED")


def test_a_photo_over_the_image_limit_is_refused_by_the_service(stack: Stack) -> None:
    """Under the gateway's limit for bodies, over the service's for photos."""
    answer = stack.rest.post_photo("/embed", b"\xff\xd8\xff" + bytes(11 * 1024 * 1024))
    assert (answer.status, answer.reason) == (400, "IMAGE_TOO_LARGE")
