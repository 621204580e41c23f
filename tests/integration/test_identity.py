"""Check-ins and roll calls with real models and real photos."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest

from facesvc.v1 import gallery_service_pb2 as pb
from tests.integration.conftest import SAMPLES, Live, live_service

Read = Callable[[str], bytes]
Decision = pb.CheckInResponse
PEOPLE = sorted(path.name for path in SAMPLES.glob("*") if path.is_dir())
STAFF = [name for name in PEOPLE if name != "rishi_sunak"]  # the one who is nobody here
SELFIES = [
    ("barack_obama", "barack_obama/2.jpg"),
    ("barack_obama", "barack_obama/3.jpg"),
    ("emmanuel_macron", "emmanuel_macron/2.jpg"),
    ("jacinda_ardern", "jacinda_ardern/2.jpg"),
]


@pytest.fixture(scope="module")
def office(photo: Read) -> Iterator[Live]:
    """A service with the first photo of the staff enrolled."""
    with live_service() as live:
        for name in STAFF:
            image = photo(f"{name}/1.jpg")
            assert live.gallery.Enroll(pb.EnrollRequest(user_id=name, image=image)).success
        yield live


def side_by_side(photos: list[bytes]) -> bytes:
    """A group photo, lossless, of photos scaled to the same height."""
    read = [cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) for data in photos]
    scaled = [cv2.resize(each, (480 * each.shape[1] // each.shape[0], 480)) for each in read]
    return bytes(cv2.imencode(".png", np.hstack(scaled))[1])


@pytest.mark.parametrize(("name", "selfie"), SELFIES)
def test_staff_check_in_by_another_photo(office: Live, photo: Read, name: str, selfie: str) -> None:
    """Live, known, and far from everybody else; the same similarity as Verify gives."""
    answer = office.gallery.CheckIn(pb.CheckInRequest(image=photo(selfie)))
    assert answer.decision == Decision.MATCH, answer
    assert answer.match.user_id == name
    assert answer.margin > 0.2
    assert answer.liveness.method == "model"
    verified = office.gallery.Verify(pb.VerifyRequest(user_id=name, image=photo(selfie)))
    assert answer.match.similarity == verified.similarity
    assert answer.quality == verified.quality


def test_a_stranger_does_not_check_in(office: Live, photo: Read) -> None:
    """Nor as one of the staff."""
    image = photo("rishi_sunak/1.jpg")
    assert office.gallery.CheckIn(pb.CheckInRequest(image=image)).decision == Decision.NO_MATCH
    for name in STAFF:
        claimed = office.gallery.CheckIn(pb.CheckInRequest(image=image, user_id=name))
        assert claimed.decision == Decision.NO_MATCH


def test_a_selfie_below_the_quality_threshold_is_low_quality(photo: Read) -> None:
    """Nothing of it is searched; the reason has the figures."""
    with live_service(quality_threshold=0.99) as live:
        answer = live.gallery.CheckIn(pb.CheckInRequest(image=photo("barack_obama/2.jpg")))
    assert answer.decision == Decision.LOW_QUALITY
    reason = answer.reasons[0]
    assert reason.reason == pb.Rejection.LOW_QUALITY
    assert 0.5 < reason.measured < reason.limit == pytest.approx(0.99)
    assert reason.measured == answer.quality.score
    assert (answer.timings.embed_ms, answer.timings.search_ms < 1) == (0, True)


def test_a_group_photo_is_a_roll_call(office: Live, photo: Read) -> None:
    """Three of the staff and a stranger stand side by side."""
    names = ["barack_obama/2.jpg", "rishi_sunak/1.jpg", "emmanuel_macron/2.jpg", "joe_biden/1.jpg"]
    group = side_by_side([photo(name) for name in names])
    answer = office.gallery.Identify(pb.IdentifyRequest(image=group))
    assert answer.faces_detected == 4
    from_the_left = sorted(answer.faces, key=lambda face: face.bbox[0])
    assert [face.match.user_id for face in from_the_left] == [
        "barack_obama",
        "",
        "emmanuel_macron",
        "joe_biden",
    ]
    assert {user.user_id for user in answer.users} == {
        "barack_obama",
        "emmanuel_macron",
        "joe_biden",
    }
    best_first = [user.similarity for user in answer.users]
    assert best_first == sorted(best_first, reverse=True)


def test_a_photo_of_strangers_has_faces_and_no_users(office: Live, photo: Read) -> None:
    """InsightFace's photo of six people."""
    answer = office.gallery.Identify(pb.IdentifyRequest(image=photo("group.jpg")))
    assert (answer.faces_detected, len(answer.users)) == (6, 0)
    assert not any(face.HasField("match") for face in answer.faces)


def test_a_user_is_one_face_of_a_group_the_most_similar_one(office: Live, photo: Read) -> None:
    """Two faces of one person, in both orders: nobody stands in a photo twice."""
    two = [photo("barack_obama/2.jpg"), photo("barack_obama/4.jpg")]
    alone = [
        office.gallery.Identify(pb.IdentifyRequest(image=one)).users[0].similarity for one in two
    ]
    for photos in (two, two[::-1]):
        answer = office.gallery.Identify(pb.IdentifyRequest(image=side_by_side(photos)))
        matched = [face.match for face in answer.faces if face.HasField("match")]
        assert answer.faces_detected == 2
        assert [match.user_id for match in matched] == ["barack_obama"]
        assert [user.similarity for user in answer.users] == [matched[0].similarity]
        assert matched[0].similarity == pytest.approx(max(alone), abs=abs(alone[0] - alone[1]) / 2)
