"""CUDA and TensorRT against the CPU; only where an NVIDIA GPU and the GPU build are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from facesvc.domain.photo import Photo
from facesvc.engine.config import EngineConfig, EngineError, Runtime
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.engine.providers import wanted_provider
from facesvc.models.pack import Pack
from tests.integration.engine.conftest import ReadSample

PHOTOS = ["group.jpg", "rishi_sunak/1.jpg", "jacinda_ardern/1.jpg", "barack_obama/2.jpg"]
ON_GPU = EngineConfig(use_gpu=True, max_batch=8)
# TensorRT may round to TF32's 10 bits.
LEAST_COSINE = {Runtime.ONNXRUNTIME: 0.9999, Runtime.TENSORRT: 0.999}


@pytest.fixture(scope="module", params=list(LEAST_COSINE))
def gpu_engine(request: pytest.FixtureRequest, compact_pack: Pack) -> OnnxFaceEngine:
    """The engine on the GPU; where that cannot start, the tests say why they did not run."""
    config = replace(ON_GPU, runtime=request.param)
    try:
        return build_engine(compact_pack, config)
    except EngineError as error:
        if "USE_GPU=true" not in str(error):
            raise
        pytest.skip(str(error))


def runtime_of(engine: OnnxFaceEngine) -> Runtime:
    """Return the runtime whose provider it is."""
    return next(
        runtime
        for runtime in LEAST_COSINE
        if wanted_provider(replace(ON_GPU, runtime=runtime)) == engine.info.provider
    )


def test_faces_and_embeddings_are_the_cpus(
    gpu_engine: OnnxFaceEngine, real_engine: OnnxFaceEngine, read_sample: ReadSample
) -> None:
    """The same faces, alone and in a crowd of calls."""
    least = LEAST_COSINE[runtime_of(gpu_engine)]

    def compare(number: int) -> None:
        photo = Photo.from_pixels(read_sample(PHOTOS[number % len(PHOTOS)]))
        expected, found = real_engine.detect(photo), gpu_engine.detect(photo)
        assert len(found) == len(expected)
        for one, other in zip(expected, found, strict=True):
            assert abs(other.landmarks - one.landmarks).max() < 0.5
            assert real_engine.embed(photo, one) @ gpu_engine.embed(photo, other) >= least
            quality = real_engine.assess_quality(photo, one).score
            assert gpu_engine.assess_quality(photo, other).score == pytest.approx(quality, abs=0.01)

    for number in range(len(PHOTOS)):
        compare(number)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(compare, range(64)))


def test_only_another_runtime_needs_another_gallery(
    gpu_engine: OnnxFaceEngine, real_engine: OnnxFaceEngine
) -> None:
    """CUDA replicas share the CPU's gallery, TensorRT's do not."""
    same = gpu_engine.info.recognizer == real_engine.info.recognizer
    assert same == (runtime_of(gpu_engine) is Runtime.ONNXRUNTIME)
