"""Every call by every kind of key."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from structlog.testing import capture_logs

from facesvc.domain.access import Caller, Scope
from facesvc.transport.arrival.guesses import GuessLimits
from facesvc.transport.contract import methods
from facesvc.v1 import access_pb2
from facesvc.v1 import face_service_pb2 as face_pb
from facesvc.v1 import gallery_service_pb2 as pb
from harness.figures import record
from tests.contract.conftest import CONNECTIONS, InProcess, serving
from tests.contract.expect import Failure, failure, failure_of

PHOTO = b"anna"  # as the fake engine reads it

# By the contract's own option; docs/access.md shows the table.
OPENED_BY = {
    str(scope): {
        method.name
        for method in methods()
        if method.access.scope == access_pb2.Scope.Value(f"SCOPE_{scope.name}")
    }
    for scope in Scope
}
OPEN = {"GetHealth"}
METHODS = {method.name: method.path for method in methods()}
# What is no key, and no known one.
NO_KEYS: tuple[tuple[tuple[str, str], ...], ...] = (
    (),
    (("x-api-key", ""),),
    (("x-api-key", "unknown"),),
    (("authorization", "Bearer unknown"),),
    (("authorization", "Basic admin"),),
    (("authorization", "admin"),),
    (("api-key", "admin"),),
)
DENIED = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)


class FewCallers:
    """A key named like each scope, and admins and enrollers bound to the collection "mine"."""

    def __init__(self) -> None:
        self._known = {str(scope): Caller(scope, frozenset({scope})) for scope in Scope}
        for scope in Scope:
            self._known[f"{scope} of mine"] = Caller(
                f"{scope}, bound", frozenset({scope}), frozenset({"mine"})
            )

    def caller_of(self, key: str) -> Caller | None:
        """As in Callers."""
        return self._known.get(key)

    def caller_named(self, certificate: tuple[str, ...]) -> Caller | None:
        """As in Callers: nobody shows a certificate here."""
        return None


@dataclass
class Guarded:
    """A server with keys."""

    service: InProcess

    def code(self, method: str, *metadata: tuple[str, str], request: bytes = b"") -> object:
        """Call with raw bytes; return the status code, whatever kind of RPC it is."""
        try:
            call = self.service.channel.stream_stream(METHODS[method])
            list(call(iter([request]), metadata=metadata, timeout=10))
        except grpc.RpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    def refused(self, key: str, call: str, request: object) -> Failure:
        """Make a gallery call that must fail."""
        stub = getattr(self.service.gallery, call)
        return failure(lambda: stub(request, metadata=[("x-api-key", key)], timeout=10))


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    """One for all tests."""
    patient = replace(CONNECTIONS, guesses=GuessLimits(free=10_000))  # of some hundred wrong keys
    with serving(FewCallers(), connections=patient) as service:
        yield Guarded(service)


def test_table_names_every_call() -> None:
    """A new call must be put under a scope."""
    assert set().union(*OPENED_BY.values()) | OPEN == set(METHODS)


@pytest.mark.parametrize("request_bytes", [b"", b"\xff\xff"])
def test_call_without_a_known_key_is_refused(guarded: Guarded, request_bytes: bytes) -> None:
    """Before its request is looked at: one may be no message."""
    let_in = [
        (method, metadata)
        for method in sorted(set(METHODS) - OPEN)
        for metadata in NO_KEYS
        if guarded.code(method, *metadata, request=request_bytes)
        is not grpc.StatusCode.UNAUTHENTICATED
    ]
    assert let_in == []


def test_each_key_opens_its_calls_only(guarded: Guarded) -> None:
    """Beyond the door the empty requests may fail as they like. They name the default collection,
    which is not the bound keys' own.
    """
    tried, wrong = 0, []
    for method in sorted(set(METHODS) - OPEN):
        wanted: dict[str, bool] = {}
        for scope, opened in OPENED_BY.items():
            wanted[scope] = scope == "admin" or method in opened
            # Calls about photos alone name no collection.
            wanted[f"{scope} of mine"] = wanted[scope] and method in OPENED_BY["analyze"]
        for key, opens in wanted.items():
            for header in (("x-api-key", key), ("authorization", f"bearer {key}")):
                code = guarded.code(method, header)
                tried += 1
                if opens != (code not in DENIED) or code is grpc.StatusCode.UNAUTHENTICATED:
                    wrong.append((method, header, code))
    assert wrong == []
    refused = len(NO_KEYS) * 2 * len(set(METHODS) - OPEN)
    record(
        "keys",
        f"{len(METHODS) - len(OPEN)} RPCs: {refused} calls without a known key, 0 let in;"
        f" {tried} with keys of every scope, {len(wrong)} decided wrongly",
    )


def test_bound_key_works_in_its_collection(guarded: Guarded) -> None:
    """Enrol, stream, search and delete there."""
    gallery = guarded.service.gallery
    mine = [("x-api-key", "enroll of mine")]
    request = pb.EnrollRequest(user_id="u", image=PHOTO, collection="mine")
    assert gallery.Enroll(request, metadata=mine).success
    items = [pb.StreamEnrollRequest(item_id="1", enrollment=request)]
    assert [one.item_id for one in gallery.StreamEnroll(iter(items), metadata=mine)] == ["1"]
    found = gallery.Search(
        pb.SearchRequest(image=PHOTO, collection="mine"),
        metadata=[("x-api-key", "search of mine")],
    )
    assert [match.user_id for match in found.matches] == ["u"]
    one = pb.DeleteEnrollmentRequest(user_id="u", collection="mine")
    assert gallery.DeleteEnrollment(one, metadata=mine).samples_removed


def test_refusals_say_what_is_missing(guarded: Guarded) -> None:
    """The scope, or the field that names the collection."""
    no_scope = guarded.refused("search", "DeleteCollection", pb.DeleteCollectionRequest())
    assert (no_scope.reason, no_scope.metadata) == ("PERMISSION_DENIED", {"scope": "admin"})
    elsewhere = guarded.refused(
        "search of mine", "Search", pb.SearchRequest(image=PHOTO, collection="theirs")
    )
    assert (elsewhere.reason, elsewhere.fields) == ("PERMISSION_DENIED", ["collection"])
    assert elsewhere.metadata == {"collection": "theirs"}
    unknown = guarded.refused("who", "Search", pb.SearchRequest(image=PHOTO))
    assert unknown.reason == "UNAUTHENTICATED"


def test_stream_that_strays_ends_and_enrols_nothing_there(guarded: Guarded) -> None:
    """The first item was within bounds, the second is not."""
    items = (
        pb.StreamEnrollRequest(
            item_id=name, enrollment=pb.EnrollRequest(user_id=name, image=PHOTO, collection=name)
        )
        for name in ("mine", "theirs")
    )
    call = guarded.service.gallery.StreamEnroll(items, metadata=[("x-api-key", "enroll of mine")])
    with pytest.raises(grpc.RpcError) as caught:
        list(call)
    assert failure_of(caught.value).reason == "PERMISSION_DENIED"
    assert "theirs" not in {collection for collection, _ in guarded.service.stored.users}


def test_import_of_a_bound_key_must_name_its_collection(guarded: Guarded) -> None:
    """The archive could name any; later messages name none."""
    mine = [("x-api-key", "admin of mine")]
    requests = [pb.ImportGalleryRequest(chunk=b"x"), pb.ImportGalleryRequest(collection="mine")]
    failed = failure(
        lambda: list(guarded.service.gallery.ImportGallery(iter(requests), metadata=mine))
    )
    assert (failed.reason, failed.fields) == ("PERMISSION_DENIED", ["collection"])
    named = [pb.ImportGalleryRequest(collection="mine"), pb.ImportGalleryRequest(chunk=b"x")]
    failed = failure(
        lambda: list(guarded.service.gallery.ImportGallery(iter(named), metadata=mine))
    )
    assert failed.reason == "INVALID_FIELD"  # "x" is no archive


def test_health_and_reflection_need_no_key(guarded: Guarded) -> None:
    """Load balancers have none."""
    health = health_pb2_grpc.HealthStub(guarded.service.channel)
    assert health.Check(health_pb2.HealthCheckRequest()).status == 1
    assert guarded.code("GetHealth") is grpc.StatusCode.OK


def test_access_log_names_the_keys_holder_and_never_the_key(guarded: Guarded) -> None:
    """And nobody for a call that was refused."""
    time.sleep(1.0)  # refusals of the tests before have used up this second's lines
    with capture_logs() as lines:
        guarded.code("Search", ("x-api-key", "search of mine"))
        guarded.code("Search", ("x-api-key", "unknown"))
    callers = [line.get("caller") for line in lines if line["event"] == "call"]
    assert callers == ["search, bound", None]
    assert "unknown" not in str(lines)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("", False),
        ("unknown", False),
        ("search", False),
        ("enroll of mine", False),
        ("enroll", True),
        ("admin", True),
    ],
)
def test_counts_are_told_to_keys_that_may_list_them(guarded: Guarded, key: str, told: bool) -> None:
    """Health is open to all; how many are enrolled is not."""
    service = guarded.service
    admin = (("x-api-key", "admin"),)
    service.gallery.Enroll(pb.EnrollRequest(user_id="u1", image=PHOTO), metadata=admin)
    answer = service.faces.GetHealth(
        face_pb.GetHealthRequest(), metadata=(("x-api-key", key),) if key else ()
    )
    assert answer.status == "ok"
    assert answer.gallery.store
    assert answer.gallery.counts_hidden is not told
    assert bool(answer.gallery.users and answer.gallery.samples) is told


def test_counts_are_told_to_everybody_where_there_are_no_keys(service: InProcess) -> None:
    """As before there were any."""
    service.gallery.Enroll(pb.EnrollRequest(user_id="u1", image=PHOTO))
    gallery = service.faces.GetHealth(face_pb.GetHealthRequest()).gallery
    assert gallery.users
    assert not gallery.counts_hidden
    record("counts", "6 kinds of callers of a service with keys: 2 were told, those that may list")
