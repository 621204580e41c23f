"""What the engine refuses to be built with."""

from __future__ import annotations

from typing import Any

import pytest

from facesvc.engine.config import EngineConfig, EngineError, Precision, Runtime


@pytest.mark.parametrize("size", range(128, 1281, 32))
def test_every_multiple_of_32_in_range_is_taken(size: int) -> None:
    """The setting's documented range is the engine's."""
    assert EngineConfig(detection_size=size).detection_size == size


@pytest.mark.parametrize("size", [0, 96, 127, 130, 650, 1312, -640])
def test_other_sizes_are_refused_by_name(size: int) -> None:
    """The message names the variable and its range."""
    with pytest.raises(EngineError, match=f"DETECTION_SIZE={size}: .*32 from 128 to 1280"):
        EngineConfig(detection_size=size)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"runtime": Runtime.OPENVINO, "use_gpu": True}, "ENGINE_RUNTIME=openvino: .*USE_GPU"),
        ({"runtime": Runtime.TENSORRT}, "ENGINE_RUNTIME=tensorrt: needs USE_GPU=true"),
        (
            {"runtime": Runtime.TENSORRT, "use_gpu": True, "precision": Precision.INT8},
            "ENGINE_RUNTIME=tensorrt: needs ENGINE_PRECISION=float32",
        ),
        ({"intra_op_threads": 0}, "intra_op_threads=0"),
        ({"max_batch": 0}, "max_batch=0"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_name(
    settings: dict[str, Any], message: str
) -> None:
    """Nothing is ignored in silence."""
    with pytest.raises(EngineError, match=message):
        EngineConfig(**settings)
