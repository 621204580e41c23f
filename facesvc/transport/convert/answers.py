"""Values that several answers share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from google.protobuf import struct_pb2, timestamp_pb2
from numpy.typing import NDArray

from facesvc.application.analyze import AnalyzedFace
from facesvc.application.detect_faces import ObservedCrop, ObservedFace
from facesvc.application.embedded_face import EmbeddedCrop, EmbeddedFace
from facesvc.domain.faces import BoundingBox
from facesvc.domain.gallery import Match, Sample, User
from facesvc.domain.liveness import Liveness
from facesvc.domain.quality import Quality
from facesvc.domain.rejection import Rejection
from facesvc.domain.sample_facts import SampleSource
from facesvc.v1 import gallery_service_pb2 as gallery
from facesvc.v1 import types_pb2 as types


def box_of(observed: ObservedFace | AnalyzedFace) -> list[int]:
    """Return the face's box in whole pixels inside the photo."""
    return corners_of(observed.face.box.inside(observed.photo.width, observed.photo.height))


def corners_of(box: BoundingBox) -> list[int]:
    """Return a box of whole pixels as the contract has it: x1, y1, x2, y2."""
    return [int(box.x1), int(box.y1), int(box.x2), int(box.y2)]


def to_location(observed: ObservedFace) -> types.FaceLocation:
    """Say which face it is."""
    return types.FaceLocation(
        bbox=box_of(observed),
        detection_score=observed.face.confidence,
        landmarks=observed.face.landmarks.ravel().tolist(),
    )


def observed_fields(observed: ObservedFace | ObservedCrop | None) -> dict[str, Any]:
    """Return what answers about one face of a photo share; nothing for a given embedding."""
    if observed is None:
        return {}
    if isinstance(observed, ObservedCrop):
        return {"quality": to_quality(observed.quality)}
    return {
        "quality": to_quality(observed.quality),
        "face": to_location(observed),
        "faces_detected": observed.faces_detected,
    }


def to_quality(quality: Quality) -> types.Quality:
    """The fields have the same names, those of the light included."""
    values = dict(vars(quality))
    light = values.pop("light")
    return types.Quality(**values, **({} if light is None else vars(light)))


def to_liveness(liveness: Liveness) -> types.Liveness:
    """The fields have the same names."""
    return types.Liveness(**liveness_fields(liveness))


def liveness_fields(liveness: Liveness) -> dict[str, Any]:
    """Return the fields of an answer about liveness."""
    return {
        "is_live": liveness.is_live,
        "confidence": liveness.confidence,
        "checks": liveness.checks,
        "method": liveness.method,
        "reason": "" if liveness.reason is None else liveness.reason.value,
    }


def to_match(match: Match, *, metadata: bool = True) -> gallery.Match:
    """The fields have the same names; ``metadata`` False leaves it out."""
    values = dict(vars(match))
    held = values.pop("metadata")
    if held is not None and metadata:
        values["metadata"] = to_struct(held)
    return gallery.Match(**values)


def to_struct(metadata: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return JSON values as protobuf has them."""
    struct = struct_pb2.Struct()
    struct.update(dict(metadata))
    return struct


def to_rejections(rejections: list[Rejection]) -> list[gallery.Rejection]:
    """The fields have the same names, and the reasons the same values."""
    return [
        gallery.Rejection(
            reason=rejection.reason.value,
            measured=rejection.measured,
            limit=rejection.limit,
            hint=rejection.hint,
        )
        for rejection in rejections
    ]


def pack_embedding(embedding: NDArray[np.float32], encoding: int) -> dict[str, Any]:
    """Return the response's field that holds the embedding in the asked encoding."""
    if encoding == types.EMBEDDING_ENCODING_FLOAT32:
        return {"embedding_bytes": embedding.astype("<f4").tobytes()}
    if encoding == types.EMBEDDING_ENCODING_FLOAT16:
        return {"embedding_bytes": embedding.astype("<f2").tobytes()}
    return {"embedding": embedding.tolist()}  # a list fills the field 5 times faster


def embedded_fields(result: EmbeddedFace | EmbeddedCrop, encoding: int) -> dict[str, Any]:
    """Return the fields that the three embedding responses share."""
    fields = {**pack_embedding(result.embedding, encoding), **observed_fields(result.observed)}
    if isinstance(result, EmbeddedFace):
        fields["score"] = result.observed.face.confidence
    return fields


def user_fields(user: User) -> dict[str, Any]:
    """Return the fields that every answer about a user has."""
    return {
        "user_id": user.user_id,
        "name": user.name,
        "metadata": to_struct(user.metadata),
        "samples": user.samples,
        "version": user.version,
        "created_at": timestamp(user.created_at),
        "updated_at": timestamp(user.updated_at),
    }


_WITHOUT_QUALITY = (SampleSource.EMBEDDING, SampleSource.ALIGNED_CROP)


def to_sample(sample: Sample) -> gallery.EnrolledSample:
    """Tell what is known of a sample: everything but the embedding."""
    facts = sample.facts
    return gallery.EnrolledSample(
        sample_id=sample.sample_id,
        quality=None if facts.source in _WITHOUT_QUALITY else sample.quality,
        recognizability=facts.recognizability,
        bbox=[] if facts.box is None else corners_of(facts.box),
        created_at=timestamp(sample.created_at),
        source=facts.source.value.upper() or "SOURCE_UNSPECIFIED",
        version=sample.version,
    )


def timestamp(moment: datetime) -> timestamp_pb2.Timestamp:
    """Return the moment as protobuf has it."""
    stamp = timestamp_pb2.Timestamp()
    stamp.FromDatetime(moment)
    return stamp
