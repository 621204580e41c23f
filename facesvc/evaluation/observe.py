"""Asks a service about every photo; what is known from an earlier run is not asked again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import numpy as np
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from facesvc.evaluation.observations import Observation, ObservationFile
from facesvc.v1 import face_service_pb2 as pb
from facesvc.v1 import types_pb2 as types
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub

_CALLS = 4  # in flight: enough to keep two cores busy
_DEADLINE_S = 60.0
# Not the photo's fault: the run stops, and the next one goes on from here.
_STOPS = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    }
)


class MixedModelsError(Exception):
    """The file of observations holds embeddings of another recognizer."""


def observe_all(
    stub: FaceServiceStub,
    photos: Sequence[Path],
    results: ObservationFile,
    *,
    with_liveness: bool,
    central: bool = False,
    progress: Callable[[Iterable[Any]], Iterable[Any]],
) -> None:
    """Observe the photos that the file does not know. ``progress`` wraps the iteration;
    ``central`` asks for the most central face of each.

    Raises grpc.RpcError when the service stops answering, MixedModelsError.
    """
    model = stub.GetHealth(pb.GetHealthRequest(), timeout=_DEADLINE_S).model.recognizer
    foreign = {known.model for known in results.known.values()} - {"", model}
    if foreign:
        raise MixedModelsError(
            "The observations of an earlier run were made by another recognizer; "
            "give another file for them."
        )
    todo = [photo for photo in photos if str(photo) not in results.known]

    def ask(photo: Path) -> Observation:
        return observe(stub, photo, with_liveness=with_liveness, central=central)

    with results.appending(), ThreadPoolExecutor(_CALLS) as threads:
        for observation in progress(_in_turn(threads, ask, todo)):
            results.add(observation)


def _in_turn(
    threads: ThreadPoolExecutor, ask: Callable[[Path], Observation], photos: Sequence[Path]
) -> Iterator[Observation]:
    """Yield in order with a few calls in flight; none is begun after one has stopped the run."""
    started = [threads.submit(ask, photo) for photo in photos[:_CALLS]]
    for number in range(len(photos)):
        yield started[number].result()
        if number + _CALLS < len(photos):
            started.append(threads.submit(ask, photos[number + _CALLS]))


def observe(
    stub: FaceServiceStub, photo: Path, *, with_liveness: bool, central: bool = False
) -> Observation:
    """Return what the service answers for one photo; a photo that cannot be used is a failure.

    Raises grpc.RpcError for what is not the photo's fault.
    """
    name = str(photo)
    try:
        data = photo.read_bytes()
    except OSError as error:
        return Observation(name, failure=f"UNREADABLE: {error.strerror}")
    rule = types.FaceSelection.MOST_CENTRAL if central else types.FaceSelection.RULE_UNSPECIFIED
    asked: Any = {"image": data, "face_selection": types.FaceSelection(rule=rule)}
    try:
        answer = stub.Embed(pb.EmbedRequest(**asked), timeout=_DEADLINE_S)
        confidence, is_live = -1.0, False
        if with_liveness:
            live = stub.CheckLiveness(pb.CheckLivenessRequest(**asked), timeout=_DEADLINE_S)
            confidence, is_live = live.confidence, live.is_live
    except grpc.RpcError as error:
        if error.code() in _STOPS:
            raise
        return Observation(name, failure=reason_of(error))
    return Observation(
        name,
        embedding=np.array(answer.embedding, np.float32),
        model=answer.model,
        score=answer.quality.score,
        recognizability=_told(answer.quality),
        face_size=answer.quality.face_size,
        faces=answer.faces_detected,
        liveness=confidence,
        is_live=is_live,
    )


def _told(quality: types.Quality) -> float:
    return quality.recognizability if quality.HasField("recognizability") else -1.0


def reason_of(error: Any) -> str:
    """Return the ErrorInfo reason of a failed call, else its status."""
    status = rpc_status.from_call(error)
    info = error_details_pb2.ErrorInfo()
    for detail in status.details if status else ():
        if detail.Unpack(info):
            return str(info.reason)
    return str(error.code().name)
