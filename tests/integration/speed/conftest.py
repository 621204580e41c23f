"""Real photos and the compact pack's models, as `make setup` puts them there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
import pytest
from insightface.model_zoo.scrfd import SCRFD
from numpy.typing import NDArray

from facesvc.models.load import load_pack
from facesvc.models.manifest import Role
from facesvc.models.pack import Pack

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "data" / "samples"
Pixels = NDArray[np.uint8]


@pytest.fixture(scope="session")
def pack() -> Pack:
    """The compact pack."""
    return load_pack("compact", Path(os.environ.get("MODEL_ROOT", ROOT / "models")))


@pytest.fixture(scope="session")
def photos() -> dict[str, Pixels]:
    """The sample photos by name, BGR: 12 of one face or half of one, one of six faces."""
    found = {
        str(path.relative_to(SAMPLES)): cv2.imread(str(path)) for path in SAMPLES.rglob("*.jpg")
    }
    assert len(found) >= 13, "run `make samples`"
    return {name: np.asarray(pixels, np.uint8) for name, pixels in sorted(found.items())}


@pytest.fixture(scope="session")
def open_session(pack: Pack) -> Callable[[Role], ort.InferenceSession]:
    """Opens the model of a role, as the pack prepares it, with one thread."""

    def opened(role: Role) -> ort.InferenceSession:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        data = pack.model_bytes(pack.manifest.with_role(role)[0])
        return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])

    return opened


@pytest.fixture(scope="session")
def scrfd(open_session: Callable[[Role], ort.InferenceSession]) -> SCRFD:
    """InsightFace's own detector class on the pack's detector."""
    detector = SCRFD(session=open_session(Role.DETECTOR), static_shape_sessions=False)
    detector.prepare(0, input_size=(640, 640), det_thresh=0.5, nms_thresh=0.4)
    return detector
