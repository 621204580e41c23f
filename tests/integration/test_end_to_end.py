"""Real photos in, known answers out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest

from facesvc.bootstrap.service import bootstrap
from facesvc.bootstrap.startup import StartupError
from facesvc.settings import Settings
from facesvc.v1 import face_service_pb2 as face
from facesvc.v1 import gallery_service_pb2 as gallery
from tests.contract.expect import failure
from tests.integration.conftest import ROOT, SAMPLES, Live, live_service

Read = Callable[[str], bytes]
PEOPLE = sorted(path.name for path in SAMPLES.glob("*") if path.is_dir())
# Whole faces of people whose first photo is enrolled.
PROBES = [
    ("barack_obama", "barack_obama/2.jpg"),
    ("barack_obama", "barack_obama/3.jpg"),
    ("barack_obama", "barack_obama/4.jpg"),
    ("emmanuel_macron", "emmanuel_macron/2.jpg"),
    ("jacinda_ardern", "jacinda_ardern/2.jpg"),
]


@pytest.fixture(scope="module")
def enrolled(photo: Read) -> Iterator[Live]:
    """A service with the first photo of each person enrolled."""
    with live_service() as live:
        for user in PEOPLE:
            answer = live.gallery.Enroll(
                gallery.EnrollRequest(user_id=user, image=photo(f"{user}/1.jpg"), name=user)
            )
            assert answer.success, answer
        yield live


def test_group_photo_has_six_faces(shared_service: Live, photo: Read) -> None:
    """InsightFace's t1.jpg shows six people."""
    answer = shared_service.faces.Analyze(face.AnalyzeRequest(image=photo("group.jpg")))
    assert answer.faces_detected == len(answer.faces) == 6
    for each in answer.faces:
        x1, y1, x2, y2 = each.bbox
        assert 0 <= x1 < x2
        assert 0 <= y1 < y2
        assert each.gender in ("M", "F")
        assert 0 < each.age < 100
        assert set(each.liveness.checks) >= {
            "screen_pattern",
            "color_distribution",
            "face_proportion",
            "detection_confidence",
            "texture_complexity",
        }


def test_embedding_is_normalised_and_the_same_each_time(shared_service: Live, photo: Read) -> None:
    """512 floats of length 1, to the bit."""
    request = face.EmbedRequest(image=photo("joe_biden/1.jpg"))
    first, second = (shared_service.faces.Embed(request) for _ in range(2))
    assert len(first.embedding) == 512
    assert np.linalg.norm(first.embedding) == pytest.approx(1.0, abs=1e-5)
    assert list(first.embedding) == list(second.embedding)


@pytest.mark.parametrize(("user", "name"), PROBES)
def test_search_finds_the_person_and_nobody_else(
    enrolled: Live, photo: Read, user: str, name: str
) -> None:
    """At the default threshold."""
    answer = enrolled.gallery.Search(gallery.SearchRequest(image=photo(name)))
    assert [match.user_id for match in answer.matches] == [user]


def test_strangers_are_nobody(enrolled: Live, photo: Read) -> None:
    """Nobody of the group photo is enrolled."""
    answer = enrolled.gallery.Search(gallery.SearchRequest(image=photo("group.jpg")))
    assert not answer.matches
    assert answer.faces_detected == 6


@pytest.mark.parametrize(("user", "name"), PROBES)
def test_verify_accepts_the_person_and_refuses_all_others(
    enrolled: Live, photo: Read, user: str, name: str
) -> None:
    """1:1 against everybody."""
    for other in PEOPLE:
        answer = enrolled.gallery.Verify(gallery.VerifyRequest(user_id=other, image=photo(name)))
        assert answer.verified == (other == user), (other, answer.similarity)


def test_compare_agrees_with_verify(enrolled: Live, photo: Read) -> None:
    """The same two photos have the same similarity, compared or verified."""
    name = "jacinda_ardern/2.jpg"
    compared = enrolled.faces.Compare(
        face.CompareRequest(image_1=photo("jacinda_ardern/1.jpg"), image_2=photo(name))
    )
    verified = enrolled.gallery.Verify(
        gallery.VerifyRequest(user_id="jacinda_ardern", image=photo(name))
    )
    assert compared.match
    assert compared.similarity == pytest.approx(verified.similarity, abs=1e-5)


def test_stream_of_all_samples_gives_what_single_calls_give(
    shared_service: Live, photo: Read
) -> None:
    """Streaming changes the order and nothing else."""
    names = [name for _, name in PROBES]
    requests = [face.StreamEmbedRequest(item_id=name, image=photo(name)) for name in names]
    answers = {each.item_id: each for each in shared_service.faces.StreamEmbed(iter(requests))}
    for name in names:
        single = shared_service.faces.Embed(face.EmbedRequest(image=photo(name)))
        assert list(answers[name].embedding) == list(single.embedding)


def test_photo_without_a_face_is_invalid_argument_with_reason(shared_service: Live) -> None:
    """A grey square shows nobody."""
    import cv2

    encoded, data = cv2.imencode(".png", np.full((300, 300, 3), 127, np.uint8))
    assert encoded
    said = failure(lambda: shared_service.faces.Embed(face.EmbedRequest(image=data.tobytes())))
    assert (said.code, said.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "NO_FACE")


def test_url_of_a_private_address_is_refused(shared_service: Live) -> None:
    """Out of the box the service fetches from public addresses only."""
    for url in ("http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/", "file:///etc"):
        said = failure(lambda url=url: shared_service.faces.Embed(face.EmbedRequest(image_url=url)))
        assert said.reason == "IMAGE_URL_REFUSED", url
        assert said.fields == ["image_url"]


def test_gallery_survives_a_restart(photo: Read, tmp_path: Path) -> None:
    """What was acknowledged is found by the next process on the same file."""
    path = str(tmp_path / "gallery.sqlite3")
    with live_service(gallery_path=path) as live:
        live.gallery.Enroll(
            gallery.EnrollRequest(
                user_id="joe", image=photo("joe_biden/1.jpg"), name="Joe", metadata={"floor": 2}
            )
        )
    with live_service(gallery_path=path) as live:
        user = live.gallery.GetEnrollment(gallery.GetEnrollmentRequest(user_id="joe"))
        assert (user.name, user.samples, user.metadata["floor"]) == ("Joe", 1, 2)
        answer = live.gallery.Search(gallery.SearchRequest(image=photo("joe_biden/1.jpg")))
        assert answer.matches[0].similarity == pytest.approx(1.0, abs=1e-5)
        live.gallery.DeleteEnrollment(gallery.DeleteEnrollmentRequest(user_id="joe"))
    with live_service(gallery_path=path) as live:
        assert live.gallery.ListGallery(gallery.ListGalleryRequest()).total == 0


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"use_gpu": True}, "CUDA"),
        ({"model_pack": "no_such_pack"}, "no_such_pack"),
        ({"image_url_allow": "http://[broken"}, "IMAGE_URL_ALLOW"),
        ({"redis_url": "nonsense://"}, "REDIS_URL"),
    ],
)
def test_wrong_setting_ends_the_start_and_says_why(settings: dict[str, object], says: str) -> None:
    """A service starts whole or not at all."""
    values = {"model_root": ROOT / "models", "gallery_path": ":memory:", **settings}
    with pytest.raises(StartupError, match=says):
        bootstrap(Settings(**values))
