"""Lists end before they are larger than what gRPC clients take by default."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from facesvc.domain.gallery import MAX_SAMPLES_PER_USER, CollectionInfo
from facesvc.domain.limits import MAX_METADATA_BYTES, metadata
from facesvc.transport.convert.answers import timestamp
from facesvc.v1 import gallery_service_pb2 as pb
from tests.contract.conftest import InProcess
from tests.unit.gallery.gallery_fixtures import CALL, face

SERVICE = pb.DESCRIPTOR.services_by_name["GalleryService"]
LIMIT = 4 << 20  # grpc's default for a message that a client receives
USERS = 400
# As much as metadata may hold; as protobuf, numbers take five times their JSON.
FULL = metadata({"numbers": [1] * ((MAX_METADATA_BYTES - 16) // 3)})


@pytest.fixture
def crowd(service: InProcess) -> None:
    """Users with the largest metadata; their samples are of one face."""
    one = face("u", 1, collection="default", metadata=FULL)
    same = np.zeros(512, np.float32)
    same[0] = 1.0
    for number in range(USERS):
        enrolment = replace(one, user_id=f"u{number:03}", embedding=same)
        service.stored.enroll(enrolment, CALL)


@pytest.mark.usefixtures("crowd")
def test_listing_pages_by_bytes(service: InProcess) -> None:
    """Every user comes once, on pages that a client with default options can read."""
    seen: list[str] = []
    token, pages = "", 0
    while True:
        request = pb.ListGalleryRequest(page_size=1000, page_token=token)
        page = service.gallery.ListGallery(request)
        assert page.ByteSize() < LIMIT
        assert page.total == USERS
        seen += [user.user_id for user in page.users]
        pages += 1
        token = page.next_page_token
        if not token:
            break
    assert seen == [f"u{number:03}" for number in range(USERS)]
    assert 3 < pages < USERS / 10


@pytest.mark.usefixtures("crowd")
def test_search_leaves_out_the_least_similar_and_says_how_many(service: InProcess) -> None:
    """Only with metadata is the answer that large."""
    options: dict[str, Any] = {
        "embedding": {"values": [1.0] + [0.0] * 511, "model": "digest"},
        "top_k": USERS,
        "threshold": -1,
    }
    whole = service.gallery.Search(pb.SearchRequest(**options))
    assert (len(whole.matches), whole.matches_left_out) == (USERS, 0)
    cut = service.gallery.Search(pb.SearchRequest(**options, include_metadata=True))
    assert cut.ByteSize() < LIMIT
    assert 10 < len(cut.matches) < USERS
    assert cut.matches_left_out == USERS - len(cut.matches)
    expected = [match.user_id for match in whole.matches[: len(cut.matches)]]
    assert [match.user_id for match in cut.matches] == expected


def test_listing_of_collections_pages_by_bytes(
    service: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server with very many collections and aliases."""
    alias = "a" * 64
    infos = [
        CollectionInfo(f"c{number:05}", "0" * 64, 1, 1, 1, (alias,) * 20) for number in range(4000)
    ]
    monkeypatch.setattr(service.stored, "list_collections", lambda: infos)
    seen: list[str] = []
    token = ""
    while True:
        request = pb.ListCollectionsRequest(page_token=token)
        page = service.gallery.ListCollections(request)
        assert page.ByteSize() < LIMIT
        seen += [each.collection for each in page.collections]
        token = page.next_page_token
        if not token:
            break
    assert seen == [info.name for info in infos]


# Lists that have no pages, and why they stay small.
BOUNDED = {
    "ListSamples": f"a user has at most {MAX_SAMPLES_PER_USER} samples",
}


@pytest.mark.parametrize("name", [m.name for m in SERVICE.methods if m.name.startswith("List")])
def test_every_listing_has_pages_or_a_bound(name: str) -> None:
    """Also one that is added later."""
    method = SERVICE.methods_by_name[name]
    paged = "next_page_token" in method.output_type.fields_by_name
    assert paged == ("page_token" in method.input_type.fields_by_name)
    assert paged != (name in BOUNDED)


def test_all_samples_of_a_user_fit() -> None:
    """As many as there may be."""
    sample = pb.EnrolledSample(
        sample_id="f" * 32,
        quality=1.0,
        recognizability=1.0,
        bbox=[2**31 - 1] * 4,
        created_at=timestamp(datetime.now(UTC)),
        source=pb.EnrolledSample.PHOTO,
        version=2**32 - 1,
    )
    answer = pb.ListSamplesResponse(samples=[sample] * MAX_SAMPLES_PER_USER)
    assert answer.ByteSize() < LIMIT / 100
