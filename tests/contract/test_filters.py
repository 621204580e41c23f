"""Filters by metadata, and metadata with matches, over the real server in process."""

from __future__ import annotations

from typing import Any

import pytest

from facesvc.transport.convert.answers import to_struct
from facesvc.v1 import gallery_service_pb2 as pb
from tests.contract.conftest import InProcess
from tests.contract.expect import failure

# By photo: the fake engine makes one face of each name.
STAFF: dict[str, dict[str, Any]] = {
    "anna": {"department": "Engineering", "floor": 3, "remote": True, "badge": "42"},
    "bert": {"department": "Engineering", "floor": 4, "remote": False, "a=b": "x"},
    "carl": {"department": "Sales", "floor": 3, "remote": True, "badge": 42},
}
CHOSEN: list[tuple[list[str], set[str]]] = [
    ([], {"anna", "bert", "carl"}),
    (["department=Engineering"], {"anna", "bert"}),
    (["department = Engineering"], {"anna", "bert"}),
    (['department="Engineering"'], {"anna", "bert"}),
    (["department=engineering"], set()),
    (["floor=3"], {"anna", "carl"}),
    (["floor=3.0"], {"anna", "carl"}),
    (["remote=true"], {"anna", "carl"}),
    (["remote=false"], {"bert"}),
    (["badge=42"], {"carl"}),
    (['badge="42"'], {"anna"}),
    (["department=Engineering", "floor=3"], {"anna"}),
    (["department=Sales", "floor=4"], set()),
    (["department="], set()),
    (['"a=b"=x'], {"bert"}),
    (["a=b=x"], set()),
    (["nobody has=this key"], set()),
]
BAD: list[tuple[list[str], str]] = [
    ([""], "where[0]"),
    (["department"], "where[0]"),
    (["=Engineering"], "where[0]"),
    ([" =x"], "where[0]"),
    (['"department=Engineering'], "where[0]"),
    (['department="Engineering'], "where[0]"),
    (["department=null"], "where[0]"),
    (["department=[1]"], "where[0]"),
    (['department={"a": 1}'], "where[0]"),
    (["floor=1e999"], "where[0]"),
    (["floor=9007199254740993"], "where[0]"),
    (["floor=3", "department"], "where[1]"),
    (["floor=3", "floor=4"], "where[1]"),
    (["x" * 257 + "=1"], "where[0]"),
    (["x=" + "y" * 20_000], "where[0]"),
    ([f"k{number}=1" for number in range(17)], "where"),
]


@pytest.fixture(autouse=True)
def staff(service: InProcess) -> None:
    """Three people."""
    for name, metadata in STAFF.items():
        service.gallery.Enroll(
            pb.EnrollRequest(
                user_id=name, name=name.title(), image=name.encode(), metadata=to_struct(metadata)
            )
        )


@pytest.mark.parametrize(("where", "users"), CHOSEN, ids=[str(where) for where, _ in CHOSEN])
def test_calls_see_only_those_who_are_chosen(
    service: InProcess, where: list[str], users: set[str]
) -> None:
    """The listing, its total, a search that everybody reaches, and a roll call."""
    page = service.gallery.ListGallery(pb.ListGalleryRequest(where=where))
    assert {user.user_id for user in page.users} == users
    assert page.total == len(users)
    found = service.gallery.Search(pb.SearchRequest(image=b"anna", threshold=-1, where=where))
    assert {match.user_id for match in found.matches} == users
    for name in STAFF:
        seen = service.gallery.Identify(pb.IdentifyRequest(image=name.encode(), where=where))
        assert [user.user_id for user in seen.users] == ([name] if name in users else [])
        checked = service.gallery.CheckIn(pb.CheckInRequest(image=name.encode(), where=where))
        assert checked.HasField("match") == (name in users)
        assert checked.collection_known


@pytest.mark.parametrize(("where", "field"), BAD, ids=[f"{where}"[:30] for where, _ in BAD])
@pytest.mark.parametrize("call", ["Search", "ListGallery", "Identify", "CheckIn"])
def test_bad_filter_names_its_condition(
    service: InProcess, call: str, where: list[str], field: str
) -> None:
    """A filter that cannot be read never chooses everybody."""
    image = {} if call == "ListGallery" else {"image": b"anna"}
    request = getattr(pb, f"{call}Request")(where=where, **image)
    said = failure(lambda: getattr(service.gallery, call)(request))
    assert (said.reason, said.fields) == ("INVALID_FIELD", [field])


def test_check_in_of_a_claimed_user_takes_no_filter(service: InProcess) -> None:
    """Whom it would apply to is not clear."""
    request = pb.CheckInRequest(image=b"anna", user_id="anna", where=["floor=3"])
    said = failure(lambda: service.gallery.CheckIn(request))
    assert (said.reason, said.fields) == ("INVALID_FIELD", ["where"])


def test_matches_have_metadata_only_when_asked(service: InProcess) -> None:
    """In a search, a check-in of either kind, and a roll call."""
    for asked in (False, True):
        options = {"image": b"anna", "include_metadata": asked}
        found = [
            service.gallery.Search(pb.SearchRequest(**options)).matches[0],
            service.gallery.CheckIn(pb.CheckInRequest(**options)).match,
            service.gallery.CheckIn(pb.CheckInRequest(**options, user_id="anna")).match,
            service.gallery.Identify(pb.IdentifyRequest(**options)).users[0],
        ]
        for match in found:
            assert match.HasField("metadata") == asked
            assert dict(match.metadata) == (STAFF["anna"] if asked else {})
