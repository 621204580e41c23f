"""The Python client against the real service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import cv2
import facesvc_client as fc
import pytest
from facesvc_client.photo import bytes_of
from PIL import Image

from tests.integration.conftest import SAMPLES, Live, live_service

OBAMA, BIDEN, GROUP = (
    SAMPLES / name for name in ("barack_obama/1.jpg", "joe_biden/1.jpg", "group.jpg")
)


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    """A service with an empty gallery."""
    with live_service() as running:
        yield running


@pytest.fixture
def client(live: Live) -> Iterator[fc.Client]:
    """A client of it."""
    with fc.Client(live.address) as made:
        yield made


def test_person_is_enrolled_found_checked_in_and_deleted(client: fc.Client) -> None:
    """From paths, as a person would."""
    stored = client.enroll("obama", OBAMA, name="Barack Obama", metadata={"floor": 2})
    assert stored.success
    assert client.get("obama").metadata["floor"] == 2
    other = SAMPLES / "barack_obama" / "3.jpg"
    assert client.search(other).matches[0].user_id == "obama"
    assert client.search(other, threshold=0.99).matches == []
    assert client.verify("obama", str(other)).verified
    assert client.check_in(other, skip_liveness=True).match.name == "Barack Obama"
    assert [user.user_id for user in client.identify(OBAMA).users] == ["obama"]
    assert client.compare(OBAMA, BIDEN).match is False
    assert client.delete("obama").samples_removed == 1
    with pytest.raises(fc.NotFoundError) as caught:
        client.get("obama")
    assert (caught.value.reason, caught.value.metadata) == (
        "USER_NOT_FOUND",
        {"user_id": "obama"},
    )


def test_collection_has_settings(client: fc.Client) -> None:
    """Named settings change; None is the server's default again."""
    made = client.set_collection("door", description="Main entrance", match_threshold=0.625)
    assert made.settings_version == 1
    with pytest.raises(fc.VersionConflictError):
        client.set_collection("door", expected_version=0, description="Side door")
    again = client.set_collection("door", expected_version=1, match_threshold=None)
    assert not again.settings.HasField("match_threshold")
    found = client.collection("door")
    assert (found.users, found.settings.description) == (0, "Main entrance")
    with pytest.raises(fc.NotFoundError):
        client.collection("nowhere")


def test_photo_may_be_a_path_bytes_an_array_or_an_image(client: fc.Client) -> None:
    """All stand for the same face; RGB and BGR are not mixed up."""
    pixels = cv2.imread(str(OBAMA))[..., ::-1]
    with Image.open(OBAMA) as image:
        image.load()
        photos = (OBAMA, str(OBAMA), OBAMA.read_bytes(), memoryview(OBAMA.read_bytes()))
        for photo in (*photos, pixels, image, cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)):
            similar = client.compare(OBAMA, photo).similarity
            # Pixels travel as PNG, which is decoded in full, a large JPEG at a fraction: 0.988.
            assert similar > (0.98 if getattr(photo, "ndim", 3) == 3 else 0.8), type(photo)


@pytest.mark.parametrize("wrong", [3, None, [1, 2]])
def test_what_is_no_photo_is_a_type_error(wrong: object) -> None:
    """Before anything is sent."""
    with pytest.raises(TypeError, match="photo"):
        bytes_of(wrong)  # type: ignore[arg-type] # the test


def test_array_of_another_kind_is_a_value_error() -> None:
    """Floats and four channels are guesses."""
    pixels = cv2.imread(str(OBAMA))
    for wrong in (pixels / 255.0, pixels[..., :2]):
        with pytest.raises(ValueError, match="array"):
            bytes_of(wrong)


def test_errors_carry_reason_fields_and_class(client: fc.Client, tmp_path: Path) -> None:
    """As the service gave them."""
    with pytest.raises(fc.ImageError) as caught:
        client.embed(b"no image at all")
    assert caught.value.reason == "IMAGE_UNSUPPORTED"
    with pytest.raises(fc.InvalidFieldError) as caught:
        client.compare(OBAMA, OBAMA, threshold=2.0)
    assert list(caught.value.fields) == ["threshold"]
    with pytest.raises(fc.ImageError) as caught:
        client.embed("http://127.0.0.1/photo.jpg")
    assert caught.value.reason == "IMAGE_URL_REFUSED"
    with pytest.raises(FileNotFoundError):
        client.embed(tmp_path / "gone.jpg")


def test_stream_answers_each_photo_and_a_bad_one_is_its_own_error(client: fc.Client) -> None:
    """The numbers tell which is which."""
    items: list[fc.Enrolment] = [
        {"user_id": "a", "photo": OBAMA, "collection": "streamed"},
        {"user_id": "b", "photo": b"no image", "collection": "streamed"},
        {"user_id": "c", "photo": BIDEN, "collection": "streamed"},
    ]
    answers = dict(client.enroll_many(items))
    assert sorted(answers) == [0, 1, 2]
    assert answers[0].success
    assert answers[2].success
    assert isinstance(answers[1], fc.ImageError)
    assert [user.user_id for user in client.users(collection="streamed")] == ["a", "c"]


def test_asyncio_client_does_the_same(live: Live) -> None:
    """Several calls at once."""

    async def run() -> None:
        async with fc.AsyncClient(live.address) as client:
            people = {"obama": OBAMA, "biden": BIDEN}
            for user, photo in people.items():
                assert (await client.enroll(user, photo, collection="aio")).success
            found = await asyncio.gather(
                *(client.search(photo, collection="aio") for photo in people.values())
            )
            assert [answer.matches[0].user_id for answer in found] == list(people)
            users = [user.user_id async for user in client.users(collection="aio")]
            assert users == ["biden", "obama"]
            with pytest.raises(fc.NotFoundError) as caught:
                await client.get("nobody", collection="aio")
            assert caught.value.reason == "USER_NOT_FOUND"
            items: list[fc.Enrolment] = [
                {"user_id": "x", "photo": OBAMA, "collection": "aio"},
                {"user_id": "y", "photo": b"no image", "collection": "aio"},
            ]
            answers = {number: answer async for number, answer in client.enroll_many(items)}
            assert answers[0].success
            assert isinstance(answers[1], fc.ImageError)

    asyncio.run(run())


def test_address_is_checked_before_the_first_call() -> None:
    """A URL of REST, or a host without a port, is a mistake that is told at once."""
    for wrong in ("http://localhost:8000", "localhost", ""):
        with pytest.raises(ValueError, match="host:port"):
            fc.Client(wrong)
