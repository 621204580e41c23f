"""Whose face is enrolled, with real models and real photos."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from facesvc.v1 import gallery_service_pb2 as pb
from tests.integration.conftest import Live, live_service

Read = Callable[[str], bytes]
Rejection = pb.Rejection


@pytest.fixture(scope="module")
def careful() -> Iterator[Live]:
    """A service that asks both questions of every enrolment."""
    with live_service(enroll_check_duplicate=True, enroll_check_same_person=True) as live:
        yield live


def enroll(live: Live, user_id: str, image: bytes, **fields: Any) -> pb.EnrollResponse:
    """Into a collection of its own for each test, by `collection`."""
    return live.gallery.Enroll(pb.EnrollRequest(user_id=user_id, image=image, **fields))


def reasons(answer: pb.EnrollResponse) -> list[int]:
    """Why it was refused."""
    return [rejection.reason for rejection in answer.rejections]


def test_photos_of_one_person_are_added_and_of_another_refused(careful: Live, photo: Read) -> None:
    """Every other photo of Obama passes, nobody else's does."""
    one: dict[str, Any] = {"collection": "samples", "mode": pb.EnrollRequest.ADD}
    for number in (1, 2, 3, 4):
        answer = enroll(careful, "obama", photo(f"barack_obama/{number}.jpg"), **one)
        assert answer.success, answer
    for name in ("joe_biden/1.jpg", "emmanuel_macron/1.jpg", "jacinda_ardern/1.jpg"):
        answer = enroll(careful, "obama", photo(name), **one)
        assert reasons(answer) == [Rejection.NOT_SAME_PERSON]
        assert answer.rejections[0].measured < answer.rejections[0].limit


def test_person_under_a_second_name_is_refused_and_others_are_not(
    careful: Live, photo: Read
) -> None:
    """By another photo than the one that was enrolled."""
    for name in ("barack_obama", "joe_biden", "emmanuel_macron", "rishi_sunak"):
        assert enroll(careful, name, photo(f"{name}/1.jpg"), collection="names").success
    answer = enroll(careful, "barry", photo("barack_obama/2.jpg"), collection="names")
    assert reasons(answer) == [Rejection.DUPLICATE_PERSON]
    assert answer.rejections[0].measured >= answer.rejections[0].limit
    assert enroll(careful, "jacinda", photo("jacinda_ardern/1.jpg"), collection="names").success
