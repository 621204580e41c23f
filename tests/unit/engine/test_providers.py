"""What ONNX Runtime is told to compute with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import onnxruntime
import pytest

from facesvc.engine.config import EngineConfig, EngineError, Runtime
from facesvc.engine.providers import (
    CPU,
    CUDA,
    TENSORRT,
    check_provider,
    provider_list,
    require_gpu,
    session_options,
)

CACHE = Path("/cache")
ON_CUDA = EngineConfig(use_gpu=True, max_batch=16)
ON_TENSORRT = EngineConfig(use_gpu=True, max_batch=16, runtime=Runtime.TENSORRT)


@dataclass
class Feed:
    name: str
    shape: list[int | str]


class Session:
    def __init__(self, *providers: str) -> None:
        self._providers = list(providers)

    def get_providers(self) -> list[str]:
        return self._providers


def test_the_cpu_gets_no_other_provider() -> None:
    """USE_GPU=false never touches a GPU that happens to be there."""
    assert provider_list(EngineConfig(), Feed("x", [1]), CACHE) == [CPU]


def test_cuda_keeps_float32_and_plans_by_heuristic() -> None:
    """TF32 would change embeddings, an exhaustive search would stall on every new shape."""
    (name, options), behind = provider_list(ON_CUDA, Feed("x", ["batch", 3, 112, 112]), CACHE)
    assert (name, behind) == (CUDA, CPU)
    assert options == {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"}


def test_tensorrt_plans_for_every_canvas_and_batch_at_once() -> None:
    """A detector's sides and batch are free; no call may have to wait for another plan."""
    feed = Feed("input.1", ["batch", 3, "height", "width"])
    (name, options), (second, _), third = provider_list(ON_TENSORRT, feed, CACHE)
    assert (name, second, third) == (TENSORRT, CUDA, CPU)
    assert options["trt_profile_min_shapes"] == "input.1:1x3x64x64"
    assert options["trt_profile_opt_shapes"] == "input.1:8x3x640x640"
    assert options["trt_profile_max_shapes"] == "input.1:16x3x640x640"
    assert options["trt_engine_cache_path"] == options["trt_timing_cache_path"] == "/cache"


def test_tensorrt_leaves_fixed_sides_as_they_are() -> None:
    """Only what is free is filled in."""
    ((_, options), *_) = provider_list(ON_TENSORRT, Feed("x", ["batch", 3, 112, 112]), CACHE)
    assert options["trt_profile_min_shapes"] == "x:1x3x112x112"
    assert options["trt_profile_max_shapes"] == "x:16x3x112x112"


@pytest.mark.parametrize(
    ("config", "available", "missing"),
    [(ON_CUDA, [CPU], CUDA), (ON_TENSORRT, [CUDA, CPU], TENSORRT)],
)
def test_a_missing_provider_is_an_error_that_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, config: EngineConfig, available: list[str], missing: str
) -> None:
    """USE_GPU=true never falls back to the CPU in silence."""
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: available)
    with pytest.raises(EngineError, match=rf"USE_GPU=true: .*no {missing}.*gpu\.lock"):
        require_gpu(config)


@pytest.mark.parametrize(
    ("config", "running", "needs"),
    [
        (ON_CUDA, (CPU,), r"cuda\.lock"),
        (ON_TENSORRT, (CUDA, CPU), "TensorRT 10"),
        (ON_TENSORRT, (CPU,), "TensorRT 10"),
    ],
)
def test_a_provider_that_did_not_start_is_an_error(
    config: EngineConfig, running: tuple[str, ...], needs: str
) -> None:
    """ONNX Runtime itself would go on with the next one."""
    with pytest.raises(EngineError, match=rf"USE_GPU=true: .*could not start.*{needs}"):
        check_provider(config, Session(*running))


def test_the_wanted_provider_passes() -> None:
    """Each configuration with its own."""
    check_provider(EngineConfig(), Session(CPU))
    check_provider(ON_CUDA, Session(CUDA, CPU))
    check_provider(ON_TENSORRT, Session(TENSORRT, CUDA, CPU))


@pytest.mark.parametrize(
    ("flags", "slow_product"), [("fpu avx2", True), ("fpu avx512_vnni", False), ("avx_vnni", False)]
)
def test_cpus_whose_quick_int8_product_overflows_take_the_slow_one(
    tmp_path: Path, flags: str, slow_product: bool
) -> None:
    """Exactness before speed, and speed where both are to be had."""
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"flags\t\t: {flags}\n")
    options = session_options(EngineConfig(), cpuinfo)
    if slow_product:
        assert options.get_session_config_entry("session.x64quantprecision") == "1"
    else:
        with pytest.raises(RuntimeError):
            options.get_session_config_entry("session.x64quantprecision")
