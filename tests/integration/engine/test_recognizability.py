"""How much identity real photos carry, whole and spoilt."""

from __future__ import annotations

import pytest

from facesvc.domain.photo import Photo
from facesvc.domain.template import Template
from facesvc.engine.engine import OnnxFaceEngine
from tests.integration.degradations import DEGRADATIONS
from tests.integration.engine.conftest import Pixels, ReadSample

PHOTOS = ["barack_obama/1.jpg", "jacinda_ardern/1.jpg", "joe_biden/1.jpg", "rishi_sunak/1.jpg"]
SHORTER = ["blurred", "dark", "negative"]  # other kinds are found by other means


def template_of(engine: OnnxFaceEngine, pixels: Pixels) -> tuple[Template, tuple[float, ...]]:
    """Return the largest face's template and its box."""
    photo = Photo.from_pixels(pixels)
    face = max(engine.detect(photo), key=lambda face: face.box.area)
    box = face.box
    return engine.recognize(photo, face), (box.x1, box.y1, box.x2, box.y2)


@pytest.mark.parametrize("kind", SHORTER)
@pytest.mark.parametrize("name", PHOTOS)
def test_a_spoilt_photo_has_a_shorter_vector(
    real_engine: OnnxFaceEngine, read_sample: ReadSample, name: str, kind: str
) -> None:
    """The length before normalisation falls where the identity is gone."""
    whole = read_sample(name)
    template, box = template_of(real_engine, whole)
    spoilt, _ = template_of(real_engine, DEGRADATIONS[kind](whole, box))
    assert spoilt.lengths[0] < 0.85 * template.lengths[0]
