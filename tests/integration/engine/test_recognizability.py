"""How much identity real photos carry, whole, spoilt and turned."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facesvc.application.call import Call
from facesvc.application.detect_faces import PhotoFaces
from facesvc.application.embedded_face import EmbeddedFace, embed_face, observe_upright
from facesvc.application.find_faces import FaceFinder, RotationRetry
from facesvc.application.images import ImageInput
from facesvc.domain.errors import NoFaceError
from facesvc.domain.photo import Photo
from facesvc.domain.recognizable import RecognizabilityRule
from facesvc.engine.engine import OnnxFaceEngine
from tests.integration.degradations import DEGRADATIONS, TURNS
from tests.integration.engine.conftest import Pixels, ReadSample

PHOTOS = [
    "barack_obama/1.jpg",
    "emmanuel_macron/2.jpg",
    "jacinda_ardern/1.jpg",
    "joe_biden/1.jpg",
    "rishi_sunak/1.jpg",
]
THRESHOLD = 0.45  # MATCH_THRESHOLD's default
# What must be refused, and the reason that is among those given.
REFUSED = {
    "blurred": "TOO_BLURRED",
    "dark": "TOO_DARK",
    "overexposed": "OVEREXPOSED",
    "negative": "INVERTED",
}
Seen = tuple[EmbeddedFace, list[str]]


def opened(
    engine: OnnxFaceEngine, pixels: Pixels, retry: RotationRetry = RotationRetry.AUTO
) -> PhotoFaces:
    """Return the faces of a photo, with the pack's own limits."""
    calibration = engine.calibration
    assert calibration is not None, "the pack has no calibration"
    rule = RecognizabilityRule(
        calibration.recognizability.limit, sure_confidence=calibration.sure_confidence
    )
    finder, call, photo = FaceFinder(engine, 640, retry), Call(), Photo.from_pixels(pixels)
    return PhotoFaces(ImageInput(), photo, finder.find(photo, call), finder, rule, call)


def look(engine: OnnxFaceEngine, pixels: Pixels, retry: RotationRetry = RotationRetry.AUTO) -> Seen:
    """Return the best face of a photo and what is wrong with it. Raises NoFaceError."""
    seen = opened(engine, pixels, retry)
    embedded = embed_face(seen, seen.best())
    return embedded, [fault.reason.value for fault in embedded.faults(seen.rule)]


def box_of(embedded: EmbeddedFace) -> tuple[float, float, float, float]:
    """Return the face's box."""
    box = embedded.observed.face.box
    return box.x1, box.y1, box.x2, box.y2


@pytest.fixture(scope="module", params=["open", "compact-single"])
def engine(
    request: pytest.FixtureRequest, open_engine: OnnxFaceEngine, real_engine: OnnxFaceEngine
) -> OnnxFaceEngine:
    """The default pack's, and that of the pack of 0.1.0."""
    return open_engine if request.param == "open" else real_engine


@pytest.fixture(scope="module")
def whole(engine: OnnxFaceEngine, read_sample: ReadSample) -> dict[str, EmbeddedFace]:
    """Each sample photo's face as it is."""
    seen = {name: look(engine, read_sample(name)) for name in PHOTOS}
    assert {name: faults for name, (_, faults) in seen.items()} == {name: [] for name in PHOTOS}
    return {name: face for name, (face, _) in seen.items()}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("name", PHOTOS)
def test_a_photo_without_identity_is_refused_with_its_cause(
    engine: OnnxFaceEngine,
    read_sample: ReadSample,
    whole: dict[str, EmbeddedFace],
    name: str,
    kind: str,
) -> None:
    """Or no face is found in it at all."""
    spoilt = DEGRADATIONS[kind](read_sample(name), box_of(whole[name]))
    try:
        _, faults = look(engine, spoilt)
    except NoFaceError:
        return
    assert REFUSED[kind] in faults


@pytest.mark.parametrize("kind", DEGRADATIONS)
def test_spoilt_photos_of_different_people_do_not_match(
    engine: OnnxFaceEngine,
    read_sample: ReadSample,
    whole: dict[str, EmbeddedFace],
    kind: str,
) -> None:
    """Whatever is not refused must still tell people apart."""
    embeddings = []
    for name in PHOTOS:
        spoilt = DEGRADATIONS[kind](read_sample(name), box_of(whole[name]))
        try:
            face, faults = look(engine, spoilt)
        except NoFaceError:
            continue
        if not faults:
            embeddings.append(face.embedding)
    stacked = np.array(embeddings).reshape(-1, 512)
    similarities = stacked @ stacked.T - 2 * np.eye(len(stacked))
    assert similarities.max(initial=-1.0) < THRESHOLD


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("name", PHOTOS)
def test_a_turned_photo_is_the_same_person(
    engine: OnnxFaceEngine,
    read_sample: ReadSample,
    whole: dict[str, EmbeddedFace],
    name: str,
    turn: str,
) -> None:
    """It is turned upright by itself, and never called frontal."""
    face, faults = look(engine, TURNS[turn](read_sample(name)))
    assert faults == []
    assert float(face.embedding @ whole[name].embedding) > 0.9
    quality = face.observed.quality
    assert not quality.is_frontal
    assert abs(quality.pose_roll) > 60
    assert abs(quality.pose_yaw - whole[name].observed.quality.pose_yaw) < 10
    assert abs(quality.pose_pitch - whole[name].observed.quality.pose_pitch) < 10


@pytest.mark.parametrize("around", [0.15, 0.05, 0.0])
@pytest.mark.parametrize("side", [112, 250, 500])
@pytest.mark.parametrize("name", PHOTOS)
def test_a_picture_that_ends_where_the_face_ends_is_the_same_person(
    engine: OnnxFaceEngine,
    read_sample: ReadSample,
    whole: dict[str, EmbeddedFace],
    name: str,
    side: int,
    around: float,
) -> None:
    """As thumbnails and identity documents are: cut at the face's box, with a little around it."""
    x1, y1, x2, y2 = box_of(whole[name])
    dx, dy = around * (x2 - x1), around * (y2 - y1)
    left, top = max(0, round(x1 - dx)), max(0, round(y1 - dy))
    crop = read_sample(name)[top : round(y2 + dy), left : round(x2 + dx)]
    scale = side / max(crop.shape[:2])
    picture = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    face, faults = look(engine, np.asarray(picture, np.uint8))
    assert faults == []
    assert float(face.embedding @ whole[name].embedding) > 0.7


@pytest.mark.parametrize("name", PHOTOS)
def test_a_photo_on_its_head_is_never_taken_for_upright(
    engine: OnnxFaceEngine, read_sample: ReadSample, name: str
) -> None:
    """Where nothing may be turned it is no face, or is told as what it is."""
    try:
        _, faults = look(engine, TURNS["upside_down"](read_sample(name)), RotationRetry.OFF)
    except NoFaceError:
        return
    assert "UPSIDE_DOWN" in faults


@pytest.mark.parametrize("retry", [RotationRetry.AUTO, RotationRetry.OFF])
@pytest.mark.parametrize("name", PHOTOS)
def test_quality_alone_never_calls_a_face_on_its_head_frontal(
    engine: OnnxFaceEngine, read_sample: ReadSample, name: str, retry: RotationRetry
) -> None:
    """As Analyze looks at faces of which no embedding is asked for."""
    seen = opened(engine, TURNS["upside_down"](read_sample(name)), retry)
    for face in seen.faces:
        quality = observe_upright(seen, face).quality
        assert not quality.is_frontal
        assert quality.recognizability is None


def test_quality_alone_costs_no_embedding_where_the_detector_is_sure(
    open_engine: OnnxFaceEngine, read_sample: ReadSample, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most photos: what is not asked for is not computed."""
    sure = 0
    for name in PHOTOS:
        seen = opened(open_engine, read_sample(name))
        with monkeypatch.context() as patch:
            patch.delattr(OnnxFaceEngine, "recognize")
            try:
                sure += observe_upright(seen, seen.faces[0]).quality.is_frontal
            except AttributeError:
                continue
    assert sure >= len(PHOTOS) // 2
