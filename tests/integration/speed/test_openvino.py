"""ENGINE_RUNTIME=openvino: an extra that may be missing."""

from __future__ import annotations

import importlib.util
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from facesvc.domain.photo import Photo
from facesvc.engine.config import EngineConfig, EngineError, Precision, Runtime
from facesvc.engine.engine import build_engine
from facesvc.engine.openvino_session import PROVIDER, OpenVinoSession
from facesvc.models.manifest import Role
from facesvc.models.pack import Pack

Pixels = NDArray[np.uint8]
RUNTIMES = (Runtime.ONNXRUNTIME, Runtime.OPENVINO)
INSTALLED = importlib.util.find_spec("openvino") is not None
needs_openvino = pytest.mark.skipif(
    not INSTALLED, reason="needs requirements/openvino.lock, which make setup installs"
)


def test_a_missing_openvino_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the setting and the way out, instead of falling back unnoticed."""
    monkeypatch.setitem(sys.modules, "openvino", None)  # as if it were not installed
    with pytest.raises(EngineError, match=r"ENGINE_RUNTIME=openvino.*requirements/openvino\.lock"):
        OpenVinoSession(b"", Precision.INT8)


def test_openvino_on_a_gpu_is_refused() -> None:
    """It is a runtime for the CPU."""
    with pytest.raises(EngineError, match="USE_GPU"):
        EngineConfig(use_gpu=True, runtime=Runtime.OPENVINO)


@needs_openvino
def test_float32_answers_are_onnx_runtimes(pack: Pack, photos: dict[str, Pixels]) -> None:
    """The same models give the same faces and embeddings to rounding."""
    config = EngineConfig()
    engines = [build_engine(pack, replace(config, runtime=runtime)) for runtime in RUNTIMES]
    assert engines[1].info.provider == PROVIDER
    photo = Photo.from_pixels(photos["group.jpg"])
    first, second = (engine.detect(photo) for engine in engines)
    for one, two in zip(first, second, strict=True):
        np.testing.assert_allclose(one.landmarks, two.landmarks, atol=0.05)
        assert engines[0].embed(photo, one) @ engines[1].embed(photo, one) > 0.9999


@needs_openvino
def test_threads_do_not_mix_their_answers(pack: Pack) -> None:
    """Each thread has a request of its own, and an answer stays after the next call."""
    session = OpenVinoSession(
        pack.model_bytes(pack.manifest.with_role(Role.RECOGNIZER)[0]), Precision.FLOAT32
    )
    name = session.get_inputs()[0].name
    rng = np.random.default_rng(3)
    faces = [rng.uniform(-1, 1, (1, 3, 112, 112)).astype(np.float32) for _ in range(4)]
    alone = [session.run(None, {name: face})[0] for face in faces]
    wrong: list[int] = []

    def work(number: int) -> None:
        for _ in range(10):
            answer = session.run(None, {name: faces[number]})[0]
            if not np.array_equal(answer, alone[number]):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
