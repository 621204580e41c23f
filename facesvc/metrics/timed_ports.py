"""The ports of the use cases, each stage timed: the use cases know nothing of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from facesvc.application.call import Call
from facesvc.application.ports.compute_gate import ComputeGate
from facesvc.application.ports.engine import FaceEngine
from facesvc.application.ports.images import ImageDecoder, ImageSource
from facesvc.application.stage import Stage
from facesvc.domain.faces import Attributes, DetectedFace
from facesvc.domain.liveness import Liveness
from facesvc.domain.photo import Photo
from facesvc.domain.quality import Quality
from facesvc.domain.template import Template
from facesvc.metrics.catalog import Metrics

_P = ParamSpec("_P")
_R = TypeVar("_R")
_S = TypeVar("_S", bound="_Timed")


class _Timed:
    """Base of the wrappers."""

    def __init__(self, metrics: Metrics) -> None:
        self._ended = metrics.stage_ended


def _stage(
    stage: Stage,
) -> Callable[[Callable[Concatenate[_S, _P], _R]], Callable[Concatenate[_S, _P], _R]]:
    """Time a method as a stage, also when it raises."""

    def timed(method: Callable[Concatenate[_S, _P], _R]) -> Callable[Concatenate[_S, _P], _R]:
        def call(self: _S, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
            began = time.perf_counter()
            try:
                return method(self, *args, **kwargs)
            finally:
                self._ended(stage, time.perf_counter() - began)

        return call

    return timed


class TimedSource(_Timed):
    """An ImageSource."""

    def __init__(self, source: ImageSource, metrics: Metrics) -> None:
        super().__init__(metrics)
        self._source = source

    @_stage(Stage.FETCH)
    def fetch(self, url: str, call: Call) -> bytes:
        return self._source.fetch(url, call)


class TimedDecoder(_Timed):
    """An ImageDecoder."""

    def __init__(self, decoder: ImageDecoder, metrics: Metrics) -> None:
        super().__init__(metrics)
        self._decoder = decoder

    @_stage(Stage.DECODE)
    def decode(self, data: bytes) -> Photo:
        return self._decoder.decode(data)


class TimedEngine(_Timed):
    """A FaceEngine."""

    def __init__(self, engine: FaceEngine, metrics: Metrics) -> None:
        super().__init__(metrics)
        self._engine = engine

    @_stage(Stage.DETECT)
    def detect(self, photo: Photo) -> list[DetectedFace]:
        return self._engine.detect(photo)

    @_stage(Stage.QUALITY)
    def assess_quality(self, photo: Photo, face: DetectedFace) -> Quality:
        return self._engine.assess_quality(photo, face)

    @_stage(Stage.QUALITY)
    def compare_qualities(self, photo: Photo, faces: Sequence[DetectedFace]) -> list[Quality]:
        return self._engine.compare_qualities(photo, faces)

    @_stage(Stage.EMBED)
    def recognize(self, photo: Photo, face: DetectedFace) -> Template:
        return self._engine.recognize(photo, face)

    @_stage(Stage.EMBED)
    def look_at_crop(self, crop: Photo) -> tuple[Quality, Template]:
        return self._engine.look_at_crop(crop)

    @_stage(Stage.LIVENESS)
    def check_liveness(self, photo: Photo, face: DetectedFace) -> Liveness:
        return self._engine.check_liveness(photo, face)

    @_stage(Stage.ATTRIBUTES)
    def estimate_attributes(self, photo: Photo, face: DetectedFace) -> Attributes:
        return self._engine.estimate_attributes(photo, face)


class TimedGate(_Timed):
    """A ComputeGate; the stage is the waiting, not what the permit is held for."""

    def __init__(self, gate: ComputeGate, metrics: Metrics) -> None:
        super().__init__(metrics)
        self._gate = gate

    @contextmanager
    def admit(self, call: Call) -> Iterator[None]:
        began = time.perf_counter()
        with self._gate.admit(call):
            self._ended(Stage.WAIT, time.perf_counter() - began)
            yield


_GALLERY_STAGES = {
    "search": Stage.SEARCH,
    "similarity": Stage.SEARCH,
    "enroll": Stage.WRITE,
    "enroll_many": Stage.WRITE,
    "delete": Stage.WRITE,
}


class TimedGallery(_Timed):
    """Any gallery: searches and enrolments are timed, everything else passes through."""

    def __init__(self, gallery: Any, metrics: Metrics) -> None:
        super().__init__(metrics)
        self._gallery = gallery
        for method, stage in _GALLERY_STAGES.items():
            setattr(self, method, self._timed(getattr(gallery, method), stage))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gallery, name)

    def _timed(self, method: Callable[..., Any], stage: Stage) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return method(*args, **kwargs)
            finally:
                self._ended(stage, time.perf_counter() - began)

        return call
