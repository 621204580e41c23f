"""Several frames of one check-in, and challenges, with real photos and the default pack."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.v1 import gallery_service_pb2 as pb
from tests.integration.conftest import Live, live_service

Read = Callable[[str], bytes]
Pixels = NDArray[np.uint8]
NAMES = ["barack_obama", "emmanuel_macron", "jacinda_ardern", "joe_biden", "rishi_sunak"]


@pytest.fixture(scope="module")
def door(photo: Read) -> Iterator[Live]:
    """A service with everybody's first photo enrolled."""
    with live_service() as live:
        for name in NAMES:
            image = photo(f"{name}/1.jpg")
            assert live.gallery.Enroll(pb.EnrollRequest(user_id=name, image=image)).success
        yield live


def check_in(live: Live, frames: list[bytes], token: str = "") -> pb.CheckInResponse:
    """Without the liveness model: only what the frames tell together."""
    return live.gallery.CheckIn(
        pb.CheckInRequest(images=frames, skip_liveness=True, challenge_token=token)
    )


def reasons(answer: pb.CheckInResponse) -> list[int]:
    """Why the decision is no MATCH."""
    return [rejection.reason for rejection in answer.reasons]


def changed(data: bytes, change: Callable[[Pixels], Pixels]) -> bytes:
    """Return the photo changed, as a camera's JPEG."""
    pixels = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    return bytes(cv2.imencode(".jpg", change(pixels), [cv2.IMWRITE_JPEG_QUALITY, 92])[1])


def held(turn_deg: float, scale: float, shift: float, slant: float) -> Callable[[Pixels], Pixels]:
    """Return how a print looks that is turned, nearer, moved and held at a slant."""

    def warp(pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        angle = math.radians(turn_deg)
        turn = scale * np.array(
            [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
        )
        matrix = turn @ np.array([[1.0, slant], [0.0, 1.0]])
        middle = np.array([width, height]) / 2
        offset = middle - matrix @ middle + shift * width
        whole = np.column_stack([matrix, offset])
        border = {"borderMode": cv2.BORDER_REFLECT}
        return np.asarray(cv2.warpAffine(pixels, whole, (width, height), **border), np.uint8)

    return warp


def mirrored(pixels: Pixels) -> Pixels:
    """Return the photo as in a mirror: a head turned the other way."""
    return np.ascontiguousarray(pixels[:, ::-1])


PRINTS = {
    "moved": held(0.0, 1.0, 0.03, 0.0),
    "nearer": held(0.0, 1.12, 0.0, 0.0),
    "turned": held(4.0, 1.0, 0.01, 0.0),
    "slanted": held(-2.0, 0.95, 0.0, 0.08),
    "as it was": lambda pixels: pixels,
}


@pytest.mark.parametrize("kind", PRINTS)
@pytest.mark.parametrize("name", NAMES)
def test_one_photo_held_before_the_camera_is_no_living_person(
    door: Live, photo: Read, name: str, kind: str
) -> None:
    """However it is moved between the frames."""
    data = photo(f"{name}/1.jpg")
    answer = check_in(door, [data, changed(data, PRINTS[kind])])
    assert answer.decision == pb.CheckInResponse.NOT_LIVE
    assert reasons(answer) == [pb.Rejection.STILL_IMAGE]
    assert answer.reasons[0].measured < answer.reasons[0].limit


def test_photos_of_a_person_who_moved_check_in(door: Live, photo: Read) -> None:
    """Four photos of different days: more movement than a second before a camera has."""
    frames = [photo(f"barack_obama/{number}.jpg") for number in (1, 2, 3, 4)]
    answer = check_in(door, frames)
    assert answer.decision == pb.CheckInResponse.MATCH, answer
    assert answer.match.user_id == "barack_obama"
    for other in (1, 2):  # in the fourth he looks as in the first: no movement to tell by
        assert check_in(door, [frames[0], frames[other]]).decision == pb.CheckInResponse.MATCH


def test_frames_of_two_people_do_not_check_in(door: Live, photo: Read) -> None:
    """Nobody finishes what another one began."""
    frames = [photo("barack_obama/1.jpg"), photo("joe_biden/1.jpg"), photo("barack_obama/2.jpg")]
    answer = check_in(door, frames)
    assert answer.decision == pb.CheckInResponse.NOT_LIVE
    assert reasons(answer) == [pb.Rejection.FRAMES_DIFFER]


@pytest.fixture(scope="module")
def movements(photo: Read) -> dict[int, bytes]:
    """Obama straight ahead is 1.jpg; by the movements that his other photos show against it."""
    aside = photo("barack_obama/2.jpg")
    return {
        pb.StartChallengeResponse.TURN_RIGHT: aside,
        pb.StartChallengeResponse.TURN_LEFT: changed(aside, mirrored),
        pb.StartChallengeResponse.LOOK_UP: photo("barack_obama/3.jpg"),
    }


def test_movements_in_the_order_asked_for_check_in(
    door: Live, photo: Read, movements: dict[int, bytes]
) -> None:
    """Whatever order the service chooses."""
    straight = photo("barack_obama/1.jpg")
    for _ in range(3):
        asked = door.gallery.StartChallenge(pb.StartChallengeRequest())
        frames = [straight, *(movements[each] for each in asked.movements)]
        answer = check_in(door, frames, asked.challenge_token)
        assert answer.decision == pb.CheckInResponse.MATCH, answer
        assert answer.match.user_id == "barack_obama"


def test_movements_in_another_order_fail(
    door: Live, photo: Read, movements: dict[int, bytes]
) -> None:
    """A film that was made before does not know the order."""
    asked = door.gallery.StartChallenge(pb.StartChallengeRequest())
    first, second, third = (movements[each] for each in asked.movements)
    frames = [photo("barack_obama/1.jpg"), second, third, first]
    answer = check_in(door, frames, asked.challenge_token)
    assert answer.decision == pb.CheckInResponse.NOT_LIVE
    assert reasons(answer) == [pb.Rejection.CHALLENGE_FAILED]
