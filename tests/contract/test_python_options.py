"""Options of the Python client: one for each field of the contract, in both clients alike."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Iterator
from typing import Any

import facesvc_client as fc
import numpy as np
import pytest
from facesvc_client import choice, following, people_requests, requests
from google.protobuf.message import Message

from facesvc.v1 import event_service_pb2, face_service_pb2, gallery_service_pb2
from tests.contract.conftest import serving

PHOTO = b"anna:0.9 ben:0.8"  # the fake engine's two faces: x from 0 and from 10.4
# Which method makes which call; what its arguments are called where the contract says otherwise.
METHODS = {
    "Embed": "embed",
    "Compare": "compare",
    "CheckLiveness": "check_liveness",
    "Analyze": "analyze",
    "StreamEmbed": "embed_many",
    "GetHealth": "health",
    "Enroll": "enroll",
    "StreamEnroll": "enroll_many",
    "DeleteEnrollment": "delete",
    "DeleteUsers": "delete_users",
    "GetEnrollment": "get",
    "ListSamples": "samples",
    "UpdateUser": "update",
    "DeleteSample": "delete_sample",
    "MoveSample": "move_sample",
    "MergeUsers": "merge",
    "ListGallery": "users",
    "Search": "search",
    "Verify": "verify",
    "Identify": "identify",
    "CheckIn": "check_in",
    "StartChallenge": "start_challenge",
    "ListCollections": "collections",
    "GetCollection": "collection",
    "SetCollection": "set_collection",
    "DeleteCollection": "delete_collection",
    "SetAlias": "set_alias",
    "DeleteAlias": "delete_alias",
    "EraseDeleted": "erase_deleted",
    "ListEvents": "list_events",
    "StreamEvents": "follow_events",
    "ListDeadLetters": "dead_letters",
    "ReplayDeadLetters": "replay_dead_letters",
}
WITHOUT_METHOD = {
    "BatchEmbed": "embed_many streams",
    "ExportGallery": "facesvc export",
    "ImportGallery": "facesvc import",
    "CheckGallery": "facesvc gallery check",
}
OTHERWISE = {
    "face_selection": "face",
    "face_selection_1": "face",
    "face_selection_2": "other_face",
    "require_single_face": "single_face",
    "mode": "add",
    "target_user_id": "target",
    "create_target": "create",
    "source_user_id": "source",
    "enrollment": "enrolments",
    "expected_settings_version": "expected_version",
    "images": "frames",
}
# What a photo brings along, and what the client does by itself.
OF_ITSELF = re.compile(
    r"(image_url|image|photo|embedding|input)(_\d)?|item_id|update_mask|settings"
)
PAGED = {"users", "collections"}  # page_size and page_token are the client's own
LEFT_OUT = {("StreamEvents", "no_wait"): "list_events", ("ListDeadLetters", "page_size"): "pages"}


def calls() -> Iterator[tuple[str, list[str]]]:
    """Yield every call and the fields of its request."""
    for module in (face_service_pb2, gallery_service_pb2, event_service_pb2):
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                yield method.name, [field.name for field in method.input_type.fields]


def arguments(name: str) -> set[str]:
    """Return what a method takes, the keys of its options among it."""
    found: set[str] = set()
    for parameter in inspect.signature(getattr(fc.Client, name)).parameters.values():
        found.add(parameter.name)
        options = re.fullmatch(r"Unpack\[(\w+)\]", str(parameter.annotation))
        if options:
            modules = (requests, people_requests, choice, following)
            (kind,) = {getattr(one, options[1]) for one in modules if hasattr(one, options[1])}
            found |= set(kind.__annotations__)
    return found


def test_every_field_of_a_request_has_an_option() -> None:
    """And every call a method, but those that are named here with what does it instead."""
    missing = set()
    for call, fields in calls():
        if call in WITHOUT_METHOD:
            continue
        name = METHODS[call]
        taken = arguments(name)
        if name == "check_in":
            taken |= arguments("check_in_frames")
        for field in fields:
            if OF_ITSELF.fullmatch(field) or (name in PAGED and field.startswith("page_")):
                continue
            if OTHERWISE.get(field, field) not in taken:
                missing.add((call, field))
    assert missing == set(LEFT_OUT)


def test_both_clients_have_the_same_calls() -> None:
    """By name, by arguments and their order, by kind of answer; one of them waits."""
    names = {name for name in vars_of(fc.Client) if not name.startswith("_")}
    assert names == {name for name in vars_of(fc.AsyncClient) if not name.startswith("_")}
    assert set(METHODS.values()) < names
    for name in names:
        one, other = (
            inspect.signature(getattr(kind, name)) for kind in (fc.Client, fc.AsyncClient)
        )
        assert list(one.parameters) == list(other.parameters), name
        answers = str(other.return_annotation).replace("AsyncIterator", "Iterator")
        assert answers == one.return_annotation, name


def vars_of(kind: type) -> set[str]:
    """Return the functions of a class and of those that it is made of."""
    return {name for name, _ in inspect.getmembers(kind, inspect.isfunction)}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where a service with the fake engine is."""
    with serving() as service:
        yield f"127.0.0.1:{service.server.port}"


BEN: dict[str, Any] = {"face": (15, 5)}
ANNA: dict[str, Any] = {"face": [0.0, 0.0, 9.0, 9.0]}


def test_face_is_chosen_by_rule_point_and_box(address: str) -> None:
    """In every call that looks at one face; both clients."""
    with fc.Client(address) as client:
        assert client.embed(PHOTO).face.bbox[0] == 0
        assert client.embed(PHOTO, **BEN).face.bbox[0] == 10
        assert client.embed(PHOTO, **ANNA).face.bbox[0] == 0
        assert client.embed(PHOTO, face="most_central").faces_detected == 2
        assert client.check_liveness(PHOTO, **BEN).face.bbox[0] == 10
        told = client.compare(PHOTO, PHOTO, face=(15, 5), other_face=(5, 5))
        assert (told.face_1.bbox[0], told.face_2.bbox[0]) == (10, 0)
        assert client.enroll("ben", PHOTO, **BEN).face.bbox[0] == 10
        assert client.search(PHOTO, **BEN).matches[0].user_id == "ben"
        assert not client.search(PHOTO, **ANNA).matches
        assert client.verify("ben", PHOTO, **BEN).verified
        assert not client.verify("ben", PHOTO, **ANNA).verified
        assert client.check_in(PHOTO, skip_liveness=True, **BEN).match.user_id == "ben"
        many = dict(client.embed_many([PHOTO, b"nobody"], **BEN))
        found, failed = many[0], many[1]
        assert not isinstance(found, fc.FacesvcError)
        assert found.face.bbox[0] == 10
        assert isinstance(failed, fc.NoFaceError)

    async def other() -> float:
        async with fc.AsyncClient(address) as client:
            assert [number async for number, _ in client.embed_many([PHOTO])] == [0]
            return (await client.embed(PHOTO, **BEN)).face.bbox[0]

    assert asyncio.run(other()) == 10


def test_photo_of_several_faces_is_refused_where_one_is_wanted(address: str) -> None:
    """As AmbiguousFaceError, by every call that takes the option."""
    with fc.Client(address) as client:
        client.enroll("v", b"vera")
        for call in (
            lambda: client.embed(PHOTO, single_face=True),
            lambda: client.compare(b"anna", PHOTO, single_face=True),
            lambda: client.check_liveness(PHOTO, single_face=True),
            lambda: client.enroll("u", PHOTO, face="largest", single_face=True),
            lambda: client.search(PHOTO, single_face=True),
            lambda: client.verify("v", PHOTO, single_face=True),
            lambda: client.check_in(PHOTO, single_face=True),
        ):
            with pytest.raises(fc.AmbiguousFaceError):
                call()


def test_rule_that_there_is_not_is_refused_before_anything_is_sent() -> None:
    """As a ValueError that names those that there are."""
    with pytest.raises(ValueError, match="largest"):
        requests.embed(PHOTO, face="smallest")  # type: ignore[typeddict-item]


def test_embedding_stands_for_a_photo(address: str) -> None:
    """As embed answered it; a call that must see pixels refuses it."""
    with fc.Client(address) as client:
        answer = client.embed(b"anna")
        anna = fc.Embedding(answer.embedding, answer.model)
        assert client.enroll("anna", anna).success
        assert client.search(anna).matches[0].user_id == "anna"
        assert client.verify("anna", anna).verified
        assert client.compare(anna, b"anna").match
        with pytest.raises(ValueError, match="embedding"):
            client.check_liveness(anna)


def test_numbers_of_options_reach_the_service(address: str) -> None:
    """Targets, versions, features and encodings are those of the contract."""
    with fc.Client(address) as client:
        receipt = client.enroll("cara", b"cara", metadata={"floor": 3})
        seen = {"min_version": receipt.version}
        assert client.get("cara", include_samples=True, **seen).enrolled_samples
        assert [user.user_id for user in client.users(where={"floor": 3}, **seen)] == ["cara"]
        assert client.samples("cara", **seen).samples
        assert client.search(b"cara", allow_partial=True, **seen).matches
        assert client.identify(b"cara", check_liveness=True).faces[0].liveness.method
        packed = client.embed(b"cara", encoding="float16").embedding_bytes
        assert np.frombuffer(packed, "<f2").size == 512
        only = client.analyze(b"cara", features=["embedding"]).faces[0]
        assert (len(only.embedding), only.HasField("quality")) == (512, False)
        first = client.delete("cara", request_id="once")
        assert client.delete("cara", request_id="once").version == first.version
        with pytest.raises(fc.InvalidFieldError) as caught:
            client.search(b"cara", threshold=0.5, target_fpir=0.01)
        assert "target_fpir" in caught.value.fields


def test_collections_are_listed_named_and_deleted(address: str) -> None:
    """By both clients."""
    with fc.Client(address) as client:
        client.enroll("u", b"dora", collection="door")
        client.set_alias("entrance", "door")
        (door,) = [one for one in client.collections() if one.collection == "door"]
        assert list(door.aliases) == ["entrance"]
        assert client.collection("entrance", threshold=0.7).users == 1
        client.delete_alias("entrance")

    async def delete() -> list[str]:
        async with fc.AsyncClient(address) as client:
            await client.delete_collection("door")
            return [one.collection async for one in client.collections()]

    assert "door" not in asyncio.run(delete())


def fields_of(message: Message) -> set[str]:
    """Return the names of the fields that are set."""
    return {field.name for field, _ in message.ListFields()}


def test_frames_and_a_challenge_are_sent_together() -> None:
    """As one request, with the other options of a check-in."""
    request = requests.check_in_frames(
        [b"one", b"two"], "token", target_fpir=0.01, allow_unrecognizable=False, face="largest"
    )
    assert fields_of(request) == {
        "images",
        "challenge_token",
        "target_fpir",
        "allow_unrecognizable",
        "face_selection",
    }
