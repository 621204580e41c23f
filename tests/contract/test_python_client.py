"""The Python client's retries, keys and deadlines, against servers that fail on purpose."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import facesvc_client as fc
import grpc
import pytest

from facesvc.v1 import gallery_service_pb2 as pb
from facesvc.v1.gallery_service_pb2_grpc import (
    GalleryServiceServicer,
    add_GalleryServiceServicer_to_server,
)
from tests.contract.conftest import serving

LARGE_PHOTO = b"\xff\xd8\xff" + b"x" * 2**20  # more than gRPC's own limit for repetitions
FEW = fc.Retries(attempts=3, first_wait_s=0.01, longest_wait_s=0.02)


class Failing(GalleryServiceServicer):
    """Is away for the first calls; remembers what it was asked."""

    def __init__(self) -> None:
        self.away_for = 0
        self.requests: list[pb.EnrollRequest] = []
        self.keys: list[object] = []

    def Enroll(self, request: pb.EnrollRequest, context: grpc.ServicerContext) -> pb.EnrollResponse:  # noqa: N802 - the RPC's name
        """As in the contract."""
        self.requests.append(request)
        self.keys.append(dict(context.invocation_metadata()).get("x-api-key"))
        if len(self.requests) <= self.away_for:
            context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        return pb.EnrollResponse(success=True)

    def Search(self, request: pb.SearchRequest, context: grpc.ServicerContext) -> pb.SearchResponse:  # noqa: N802 - the RPC's name
        """Never in time."""
        time.sleep(1.0)
        return pb.SearchResponse()


@pytest.fixture
def failing() -> Iterator[tuple[Failing, str]]:
    """The servicer and the address."""
    servicer = Failing()
    server = grpc.server(
        ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", 64 * 2**20)]
    )
    add_GalleryServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield servicer, f"127.0.0.1:{port}"
    server.stop(None)


def test_write_is_repeated_with_the_same_request_id(failing: tuple[Failing, str]) -> None:
    """So that it happens once; a photo of any size is kept for it."""
    servicer, address = failing
    servicer.away_for = 2
    with fc.Client(address, retries=FEW, api_key="secret") as client:
        assert client.enroll("u", LARGE_PHOTO).success
    assert len(servicer.requests) == 3
    assert len({request.request_id for request in servicer.requests}) == 1
    assert servicer.keys == ["secret"] * 3


def test_service_that_stays_away_is_an_error_with_its_class(failing: tuple[Failing, str]) -> None:
    """After as many attempts as were asked for."""
    servicer, address = failing
    servicer.away_for = 9
    with fc.Client(address, retries=FEW) as client, pytest.raises(fc.UnavailableError):
        client.enroll("u", b"photo")
    assert len(servicer.requests) == 3
    with (
        fc.Client(address, retries=fc.Retries(attempts=1)) as client,
        pytest.raises(fc.UnavailableError),
    ):
        client.enroll("u", b"photo")
    assert len(servicer.requests) == 4


def test_asyncio_client_repeats_as_well(failing: tuple[Failing, str]) -> None:
    """By the same service config."""
    servicer, address = failing
    servicer.away_for = 2

    async def run() -> None:
        async with fc.AsyncClient(address, retries=FEW) as client:
            assert (await client.enroll("u", LARGE_PHOTO)).success

    asyncio.run(run())
    assert len(servicer.requests) == 3


def test_deadline_bounds_a_call(failing: tuple[Failing, str]) -> None:
    """And is an error of its own class."""
    with (
        fc.Client(failing[1], timeout_s=0.1) as client,
        pytest.raises(fc.DeadlineError) as caught,
    ):
        client.search(b"photo")
    assert caught.value.reason == ""


def test_filters_keep_the_kind_of_their_values() -> None:
    """A text that looks like a number stays one, in every call of both clients."""
    with serving() as service:
        for user_id, badge in (("u1", "42"), ("u2", 42)):
            metadata = {"badge": badge, "a=b": True}
            with fc.Client(f"127.0.0.1:{service.server.port}") as client:
                client.enroll(user_id, user_id.encode(), metadata=metadata)
        with fc.Client(f"127.0.0.1:{service.server.port}") as client:
            assert [user.user_id for user in client.users(where={"badge": "42"})] == ["u1"]
            found = client.search(
                b"u1", threshold=-1, where={"badge": 42, "a=b": True}, include_metadata=True
            )
            assert [match.user_id for match in found.matches] == ["u2"]
            assert found.matches[0].metadata["badge"] == 42
            assert not client.identify(b"u1", where={"badge": 42}).users
            assert client.check_in(b"u2", where={"badge": 42}).match.user_id == "u2"
            told = client.delete_users(where={"badge": "42"}, dry_run=True)
            assert (list(told.user_ids), told.users_left) == (["u1"], 1)
            assert client.delete_users(["u1", "who"]).users_missing == 1

        async def remaining() -> list[str]:
            async with fc.AsyncClient(f"127.0.0.1:{service.server.port}") as client:
                found = [user.user_id async for user in client.users(where={"badge": 42})]
                await client.delete_users(where={"badge": 42})
                assert [user async for user in client.users()] == []
                return found

        assert asyncio.run(remaining()) == ["u2"]
