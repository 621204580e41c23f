"""Which calls say that a user was seen, for collections with a retention."""

from __future__ import annotations

from typing import Any

import pytest

from facesvc.application.call import Call
from facesvc.v1 import gallery_service_pb2 as pb
from tests.contract.conftest import InProcess

DOOR = {"collection": "door"}


@pytest.fixture
def door(service: InProcess) -> InProcess:
    """A collection with a retention, and one without, in both of which are Anna and Bert."""
    service.gallery.SetCollection(
        pb.SetCollectionRequest(
            collection="door", settings=pb.CollectionSettings(retention_days=30)
        )
    )
    for collection in ("door", "other"):
        for person in ("anna", "bert"):
            request = pb.EnrollRequest(user_id=person, image=person.encode(), collection=collection)
            assert service.gallery.Enroll(request).success
    return service


def seen(service: InProcess, collection: str = "door") -> set[str]:
    """Return who has a mark once everything is written."""
    service.sightings.flush(Call())
    return set(service.stored.last_seen(collection, ["anna", "bert"], Call()))


@pytest.mark.parametrize(
    ("call", "request_"),
    [
        ("Search", pb.SearchRequest(image=b"anna")),
        ("Verify", pb.VerifyRequest(image=b"anna", user_id="anna")),
        ("Identify", pb.IdentifyRequest(image=b"anna")),
        ("CheckIn", pb.CheckInRequest(image=b"anna")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_match_is_a_sighting_where_there_is_a_retention(
    door: InProcess, call: str, request_: Any
) -> None:
    """Of the user who matched, and of nobody else; elsewhere nothing is kept."""
    for collection in ("door", "other"):
        request_.collection = collection
        getattr(door.gallery, call)(request_)
    assert seen(door) == {"anna"}
    assert seen(door, "other") == set()


@pytest.mark.parametrize(
    ("call", "request_"),
    [
        ("Search", pb.SearchRequest(image=b"carl", **DOOR)),
        ("Search", pb.SearchRequest(image=b"carl", threshold=-1, **DOOR)),
        ("Search", pb.SearchRequest(image=b"anna:0.8:0.2", allow_unrecognizable=True, **DOOR)),
        ("Verify", pb.VerifyRequest(image=b"bert", user_id="anna", **DOOR)),
        ("Verify", pb.VerifyRequest(image=b"bert", user_id="anna", threshold=-1, **DOOR)),
        ("Identify", pb.IdentifyRequest(image=b"carl", threshold=-1, **DOOR)),
        ("CheckIn", pb.CheckInRequest(image=b"carl", **DOOR)),
        ("CheckIn", pb.CheckInRequest(image=b"carl", threshold=-1, min_margin=0, **DOOR)),
        ("CheckIn", pb.CheckInRequest(image=b"mask", user_id="anna", **DOOR)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_collections_own_rules_would_not_match_is_no_sighting(
    door: InProcess, call: str, request_: Any
) -> None:
    """A stranger, another person, a laxer threshold of the call, a face without an identity."""
    getattr(door.gallery, call)(request_)
    assert seen(door) == set()


def test_search_is_a_sighting_of_the_best_match_alone(door: InProcess) -> None:
    """Others who look alike were not there."""
    door.gallery.SetCollection(
        pb.SetCollectionRequest(
            collection="door", settings=pb.CollectionSettings(match_threshold=-1)
        )
    )
    found = door.gallery.Search(pb.SearchRequest(image=b"bert", collection="door"))
    assert [match.user_id for match in found.matches] == ["bert", "anna"]
    assert seen(door) == {"bert"}
