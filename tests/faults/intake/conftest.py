"""The real engine and decoder, as the service builds them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.application.find_faces import FaceFinder
from facesvc.domain.faces import DetectedFace
from facesvc.domain.photo import Photo
from facesvc.engine.config import EngineConfig
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.images.decode import SafeImageDecoder
from facesvc.models.load import load_pack

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "data" / "samples"
DETECTION_SIZE = 640

Pixels = NDArray[np.uint8]


class Eye:
    """Decoder, finder and engine together."""

    def __init__(self) -> None:
        pack = load_pack("compact", ROOT / "models")
        self.engine: OnnxFaceEngine = build_engine(
            pack, EngineConfig(detection_size=DETECTION_SIZE)
        )
        self.decoder = SafeImageDecoder(detection_size=DETECTION_SIZE)
        self.finder = FaceFinder(self.engine, DETECTION_SIZE)

    def faces(self, data: bytes) -> tuple[Photo, list[DetectedFace]]:
        """Return the decoded photo and its faces, most confident first."""
        photo = self.decoder.decode(data)
        return photo, self.finder.find(photo, Call())

    def embedding(self, data: bytes) -> NDArray[np.float32]:
        """Return the embedding of the largest face."""
        photo, faces = self.faces(data)
        assert faces, "no face"
        return self.engine.embed(photo, max(faces, key=lambda face: face.box.area))


@pytest.fixture(scope="session")
def eye() -> Eye:
    """The intake and the engine of a service."""
    return Eye()


@pytest.fixture(scope="session")
def portraits() -> dict[str, Pixels]:
    """Sample photos of one whole face each, BGR."""
    names = [
        "barack_obama/1.jpg",
        "barack_obama/2.jpg",
        "emmanuel_macron/1.jpg",
        "emmanuel_macron/2.jpg",
        "jacinda_ardern/1.jpg",
        "jacinda_ardern/2.jpg",
        "joe_biden/1.jpg",
        "rishi_sunak/1.jpg",
    ]
    photos = {name: cv2.imread(str(SAMPLES / name)) for name in names}
    missing = [name for name, pixels in photos.items() if pixels is None]
    assert not missing, f"make samples fetches these: {missing}"
    return {name: np.asarray(pixels, np.uint8) for name, pixels in photos.items()}
