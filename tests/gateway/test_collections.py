"""Collections, aliases and erasure over REST: the real Envoy, server, models and SQLite file."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.rest import Answer
from tests.gateway.stack import Stack

Link = Callable[[str], str]
JSON = {"content-type": "application/json"}
ANNA, BERT = "jacinda_ardern/1.jpg", "joe_biden/1.jpg"


@pytest.fixture
def name() -> str:
    """Return a collection's name that no other test has."""
    return f"staff-{uuid.uuid4().hex[:12]}"


def enrol(stack: Stack, link: Link, collection: str, user_id: str, photo: str) -> Answer:
    """Enrol a sample photo."""
    answer = stack.rest.post(
        "/enroll", user_id=user_id, image_url=link(photo), collection=collection
    )
    assert answer.status == 200, answer.text
    return answer


def listed(stack: Stack, collection: str) -> dict[str, Any] | None:
    """Return what GET /collections says of one collection, None when it does not name it."""
    answer = stack.rest.get("/collections")
    assert answer.status == 200
    found = [one for one in answer.body["collections"] if one["collection"] == collection]
    return found[0] if found else None


def best_of(stack: Stack, link: Link, collection: str, photo: str) -> list[str]:
    """Return who is found, the best first."""
    answer = stack.rest.post("/search", image_url=link(photo), collection=collection)
    assert answer.status == 200, answer.text
    return [match["user_id"] for match in answer.body["matches"]]


def fields_of(answer: Answer) -> list[str]:
    """Return the fields that an error's details blame."""
    return [
        violation["field"]
        for detail in answer.body["details"]
        for violation in detail.get("field_violations", [])
    ]


def test_collection_is_made_by_its_first_enrolment_listed_and_deleted(
    stack: Stack, link: Link, name: str
) -> None:
    """GET counts users, samples and writes; DELETE tells what it removed, and only there."""
    assert listed(stack, name) is None
    enrol(stack, link, name, "anna", ANNA)
    enrol(stack, link, name, "bert", BERT)
    enrol(stack, link, f"{name}-b", "bert", BERT)
    made = listed(stack, name)
    assert made is not None
    assert re.fullmatch(r"[0-9a-f]{64}", made.pop("recognizer"))
    expected = {
        "version": 2,
        "users": 2,
        "samples": 2,
        "aliases": [],
        "served": True,
        "settings": {},
        "settings_version": 0,
    }
    assert made == {"collection": name, **expected}

    deleted = stack.rest.delete(f"/collections/{name}")
    assert deleted.status == 200
    assert deleted.body == {"collection": name, "samples_removed": 2, "version": 3}
    assert listed(stack, name) is None
    assert best_of(stack, link, name, ANNA) == []
    assert best_of(stack, link, f"{name}-b", BERT) == ["bert"]
    again = stack.rest.delete(f"/collections/{name}")
    assert (again.status, again.reason) == (404, "COLLECTION_NOT_FOUND")


def test_alias_swaps_from_one_collection_to_another_in_one_step(
    stack: Stack, link: Link, name: str
) -> None:
    """The same name finds the old collection's people, then the new one's."""
    old, new, alias = f"{name}-1", f"{name}-2", f"{name}-now"
    enrol(stack, link, old, "anna", ANNA)
    enrol(stack, link, new, "bert", BERT)
    for target, photo, user in ((old, ANNA, "anna"), (new, BERT, "bert")):
        answer = stack.rest.call(
            "PUT",
            f"/aliases/{alias}",
            b'{"collection": "%s"}' % target.encode(),
            {"content-type": "application/json"},
        )
        assert answer.status == 200, answer.text
        assert answer.body == {"alias": alias, "collection": target}
        assert best_of(stack, link, alias, photo) == [user]
        found = listed(stack, target)
        assert found is not None
        assert found["aliases"] == [alias]
    left = listed(stack, old)
    assert left is not None
    assert left["aliases"] == []

    kept = stack.rest.delete(f"/collections/{new}")
    assert (kept.status, kept.reason) == (400, "INVALID_FIELD")
    assert fields_of(kept) == ["collection"]
    assert alias in kept.body["message"]
    forgotten = stack.rest.delete(f"/aliases/{alias}")
    assert (forgotten.status, forgotten.body) == (200, {"alias": alias})
    assert best_of(stack, link, alias, BERT) == []
    assert stack.rest.delete(f"/collections/{new}").status == 200


def test_erase_answers_when_the_deleted_photo_is_in_no_file(
    stack: Stack, link: Link, name: str
) -> None:
    """The receipt names the files; the text of the deleted user is in none of them."""
    secret = f"Secret {uuid.uuid4().hex}"
    enrolled = stack.rest.post(
        "/enroll", user_id="anna", image_url=link(ANNA), name=secret, collection=name
    )
    assert enrolled.status == 200
    files = [stack.folder / "gallery.sqlite3", stack.folder / "gallery.sqlite3-wal"]
    assert any(_holds(file, secret) for file in files)
    assert stack.rest.delete(f"/enroll/anna?collection={name}").status == 200
    receipt = stack.rest.post("/erase")
    assert receipt.status == 200, receipt.text
    assert receipt.body["places"] == [file.name for file in files]
    started, completed = (
        datetime.fromisoformat(receipt.body[when]) for when in ("started_at", "completed_at")
    )
    assert started <= completed
    assert not any(_holds(file, secret) for file in files)


@pytest.mark.parametrize(
    ("verb", "path", "body", "status", "reason", "field"),
    [
        ("DELETE", "/collections/no-such", None, 404, "COLLECTION_NOT_FOUND", ""),
        ("DELETE", "/collections/bad%20name", None, 400, "INVALID_FIELD", "collection"),
        ("DELETE", "/aliases/no-such", None, 404, "COLLECTION_NOT_FOUND", ""),
        ("DELETE", "/aliases/bad%20name", None, 400, "INVALID_FIELD", "alias"),
        ("PUT", "/aliases/a", b'{"collection": "no-such"}', 404, "COLLECTION_NOT_FOUND", ""),
        ("PUT", "/aliases/a%20b", b'{"collection": "x"}', 400, "INVALID_FIELD", "alias"),
        ("PUT", "/aliases/a", b'{"collection": "b b"}', 400, "INVALID_FIELD", "collection"),
        ("PUT", "/aliases/a", b"{}", 400, "INVALID_FIELD", "collection"),
        ("PUT", "/aliases/a", b'{"collection": {}}', 400, "MALFORMED_REQUEST", "collection"),
        ("POST", "/erase", b"{", 400, "MALFORMED_REQUEST", ""),
    ],
)
def test_error_is_json_with_its_reason_and_field(
    stack: Stack, verb: str, path: str, body: bytes | None, status: int, reason: str, field: str
) -> None:
    """Every refusal of these calls has the shape of the others."""
    headers = {"content-type": "application/json"} if body is not None else {}
    answer = stack.rest.call(verb, path, body, headers)
    assert (answer.status, answer.reason) == (status, reason), answer.text
    assert fields_of(answer) == ([field] if field else [])


def test_alias_cannot_take_the_name_of_a_collection(stack: Stack, link: Link, name: str) -> None:
    """Else the collection's people could no longer be reached."""
    enrol(stack, link, name, "anna", ANNA)
    body = b'{"collection": "%s"}' % name.encode()
    answer = stack.rest.call("PUT", f"/aliases/{name}", body, {"content-type": "application/json"})
    assert (answer.status, answer.reason) == (400, "INVALID_FIELD"), answer.text
    assert fields_of(answer) == ["alias"]


def _holds(file: Path, text: str) -> bool:
    return file.exists() and text.encode() in file.read_bytes()


def put_settings(stack: Stack, collection: str, **request: Any) -> Answer:
    """Change settings as a caller of REST does."""
    body = json.dumps(request).encode()
    return stack.rest.call("PUT", f"/collections/{collection}", body, JSON)


def test_settings_are_set_told_and_obeyed(stack: Stack, link: Link, name: str) -> None:
    """PUT makes the collection, GET says who decided what, a search uses it."""
    made = put_settings(stack, name, settings={"description": "Tür", "match_threshold": 0.625})
    assert made.status == 200, made.text
    settings = {"description": "Tür", "match_threshold": 0.625}
    assert made.body == {"collection": name, "settings": settings, "settings_version": 1}
    enrol(stack, link, name, "anna", ANNA)
    found = stack.rest.get(f"/collections/{name}")
    assert (found.status, found.body["settings"], found.body["users"]) == (200, settings, 1)
    effective = found.body["effective"]
    assert (effective["search_threshold"], effective["search_threshold_from"]) == (
        0.625,
        "COLLECTION",
    )
    assert effective["quality_threshold_from"] == "SERVER"
    asked = stack.rest.get(f"/collections/{name}?threshold=0.75").body["effective"]
    assert (asked["search_threshold"], asked["search_threshold_from"]) == (0.75, "CALL")
    searched = stack.rest.post("/search", image_url=link(ANNA), collection=name)
    assert searched.body["threshold"] == 0.625
    listing = listed(stack, name)
    assert listing is not None
    assert listing["settings"] == settings


@pytest.mark.parametrize(
    "mask", ["match_threshold", "matchThreshold", "description, matchThreshold"]
)
def test_mask_takes_a_setting_back(stack: Stack, name: str, mask: str) -> None:
    """Names of the contract, and ProtoJSON's."""
    put_settings(stack, name, settings={"description": "Door", "match_threshold": 0.625})
    kept = {"description": "Side door"} if "description" in mask else {}
    answer = put_settings(stack, name, settings=kept, update_mask=mask)
    assert answer.status == 200, answer.text
    assert answer.body["settings"] == {"description": "Door", **kept}


@pytest.mark.parametrize(
    ("request_", "status", "blamed"),
    [
        ({"settings": {"match_threshold": 2}}, 400, "settings.match_threshold"),
        ({"settings": {"match_treshold": 0.5}}, 400, "settings.match_treshold"),
        ({"settings": {}, "update_mask": "colour"}, 400, "update_mask"),
        ({"settings": {}, "update_mask": 3}, 400, "update_mask"),
        ({"settings": {"match_threshold": 0.5, "target_fpir": 0.1}}, 400, "settings.target_fpir"),
    ],
)
def test_bad_settings_are_refused(
    stack: Stack, name: str, request_: dict[str, Any], status: int, blamed: str
) -> None:
    """With the field; nothing comes to be."""
    answer = put_settings(stack, name, **request_)
    assert (answer.status, fields_of(answer)) == (status, [blamed])
    assert stack.rest.get(f"/collections/{name}").status == 404


def test_settings_conflict_is_409(stack: Stack, name: str) -> None:
    """Two who edit do not overwrite each other unseen."""
    put_settings(stack, name, settings={"description": "Door"})
    answer = put_settings(
        stack, name, settings={"description": "Gate"}, expected_settings_version=0
    )
    assert answer.status == 409
