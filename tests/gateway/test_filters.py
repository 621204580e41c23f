"""Filters, deletions by filter and unknown collections over REST, through the real Envoy."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from tests.gateway.conftest import Faked

PLACE = "filtered"
SALES = "department=Sales"


@pytest.fixture(scope="module", autouse=True)
def staff(faked: Faked) -> None:
    """Three people of two departments, in a collection of their own."""
    for name, team, badge in (("ada", "Sales", "42"), ("bob", "Sales", 42), ("eve", "R&D", 7)):
        enrolled = faked.rest.post(
            "/enroll",
            user_id=name,
            image=base64.b64encode(name.encode()).decode(),
            metadata={"department": team, "badge": badge},
            collection=PLACE,
        )
        assert enrolled.body["success"] is True


def listed(faked: Faked, *where: str) -> list[str]:
    """Return the users that GET /gallery lists for conditions in its query."""
    query = "".join(f"&where={quote(one)}" for one in where)
    answer = faked.rest.get(f"/gallery?collection={PLACE}{query}")
    assert answer.status == 200, answer
    assert answer.body["total"] == len(answer.body["users"])
    return [user["user_id"] for user in answer.body["users"]]


def test_query_holds_as_many_conditions_as_wanted(faked: Faked) -> None:
    """With their kinds, and signs that a URL has to escape."""
    assert listed(faked) == ["ada", "bob", "eve"]
    assert listed(faked, SALES) == ["ada", "bob"]
    assert listed(faked, SALES, "badge=42") == ["bob"]
    assert listed(faked, 'badge="42"') == ["ada"]
    assert listed(faked, "department=R&D") == ["eve"]


def test_search_filters_in_json_and_beside_a_photo_as_the_body(faked: Faked) -> None:
    """The same answer, with the metadata that was asked for."""
    photo = base64.b64encode(b"ada").decode()
    fields = {"threshold": -1, "collection": PLACE, "include_metadata": True}
    answer = faked.rest.post("/search", image=photo, where=[SALES, "badge=42"], **fields)
    (match,) = answer.body["matches"]
    assert (match["user_id"], match["metadata"]) == ("bob", {"department": "Sales", "badge": 42})
    assert answer.body["collection_known"] is True
    query = f"threshold=-1&collection={PLACE}&where={quote(SALES)}&where=badge%3D42"
    by_photo = faked.rest.post_photo(f"/photos/search?{query}&include_metadata=true", b"ada")
    assert by_photo.body == answer.body
    plain = faked.rest.post("/search", image=photo, threshold=-1, collection=PLACE).body["matches"]
    assert not any("metadata" in match for match in plain)


@pytest.mark.parametrize(
    ("verb", "path"), [("GET", "/gallery?where=floor"), ("POST", "/photos/search?where=floor")]
)
def test_bad_condition_is_told_by_its_place(faked: Faked, verb: str, path: str) -> None:
    """In the details of the error, as over gRPC."""
    answer = faked.rest.call(verb, path, b"ada" if verb == "POST" else None)
    assert (answer.status, answer.reason) == (400, "INVALID_FIELD")
    assert answer.body["details"][1]["field_violations"][0]["field"] == "where[0]"


def test_unknown_collection_is_false_and_not_left_out(faked: Faked) -> None:
    """So that a program which reads the field need not know of its default."""
    photo = base64.b64encode(b"ada").decode()
    for answer in (
        faked.rest.get("/gallery?collection=filterd"),
        faked.rest.post("/search", image=photo, collection="filterd"),
        faked.rest.post("/identify", image=photo, collection="filterd"),
        faked.rest.post("/checkin", image=photo, collection="filterd"),
    ):
        assert answer.body["collection_known"] is False
    answer = faked.rest.get("/enroll/ada?collection=filterd")
    assert (answer.status, answer.reason) == (404, "USER_NOT_FOUND")
    assert answer.body["details"][0]["metadata"]["collection_known"] == "false"


def test_users_are_deleted_by_filter_after_a_dry_run(faked: Faked) -> None:
    """One path for both; an empty body deletes nobody."""
    answer = faked.rest.post("/gallery/delete", where=[SALES], collection=PLACE, dry_run=True)
    assert (answer.body["user_ids"], answer.body["users_left"]) == (["ada", "bob"], 2)
    assert faked.rest.post("/gallery/delete", collection=PLACE).reason == "INVALID_FIELD"
    assert listed(faked) == ["ada", "bob", "eve"]
    answer = faked.rest.post("/gallery/delete", where=[SALES], collection=PLACE)
    assert (answer.body["users_deleted"], answer.body["samples_removed"]) == (2, 2)
    assert listed(faked) == ["eve"]
    assert faked.rest.post("/gallery/delete", user_ids=["x"], collection="no").status == 404
    assert faked.rest.get("/gallery/delete").status == 405
