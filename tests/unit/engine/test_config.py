"""What the engine refuses to be built with."""

from __future__ import annotations

import onnxruntime
import pytest

from facesvc.adapters.engine.config import EngineConfig, EngineError
from facesvc.adapters.engine.sessions import require_gpu


@pytest.mark.parametrize("size", range(128, 1281, 32))
def test_every_multiple_of_32_in_range_is_taken(size: int) -> None:
    """The setting's documented range is the engine's."""
    assert EngineConfig(detection_size=size).detection_size == size


@pytest.mark.parametrize("size", [0, 96, 127, 130, 650, 1312, -640])
def test_other_sizes_are_refused_by_name(size: int) -> None:
    """The message names the variable and its range."""
    with pytest.raises(EngineError, match=f"DETECTION_SIZE={size}: .*32 from 128 to 1280"):
        EngineConfig(detection_size=size)


def test_gpu_without_a_cuda_provider_is_an_error_that_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """USE_GPU=true never falls back to the CPU in silence."""
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(EngineError, match=r"USE_GPU=true: .*no CUDAExecutionProvider.*gpu.lock"):
        require_gpu()
