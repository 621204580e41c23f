"""The built-in packs and the sample photos, as `make setup` leaves them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.engine.config import EngineConfig
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.models.load import load_pack
from facesvc.models.pack import Pack

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "data" / "samples"
MODEL_ROOT = Path(os.environ.get("MODEL_ROOT") or ROOT / "models")

Pixels = NDArray[np.uint8]
ReadSample = Callable[[str], Pixels]


@pytest.fixture(scope="session")
def compact_pack() -> Pack:
    """The pack of one recognizer, whose answers are compared with the models' own; a missing one
    fails the test with what to run.
    """
    return load_pack("compact-single", MODEL_ROOT)


@pytest.fixture(scope="session")
def real_engine(compact_pack: Pack) -> OnnxFaceEngine:
    """That pack's engine with the default settings."""
    return build_engine(compact_pack, EngineConfig())


@pytest.fixture(scope="session")
def open_engine() -> OnnxFaceEngine:
    """The engine as it serves by default."""
    return build_engine(load_pack("open", MODEL_ROOT), EngineConfig())


@pytest.fixture(scope="session")
def read_sample() -> ReadSample:
    """Return a reader of sample photos by their place in data/samples."""

    def read(name: str) -> Pixels:
        pixels = cv2.imread(str(SAMPLES / name), cv2.IMREAD_COLOR)
        assert pixels is not None, f"{name} is missing: run `make samples`"
        return np.asarray(pixels, np.uint8)

    return read
