"""From the answers of Identify and CheckIn to responses."""

from __future__ import annotations

from facesvc.application.check_in import CheckedIn
from facesvc.application.identify import IdentifiedFace, IdentifiedFaces
from facesvc.transport.convert.face_to_proto import box_of, to_liveness, to_location, to_quality
from facesvc.transport.convert.gallery_to_proto import to_match, to_rejections
from facesvc.v1 import gallery_service_pb2 as gallery


def to_identify_response(roll: IdentifiedFaces) -> gallery.IdentifyResponse:
    """Answer Identify."""
    return gallery.IdentifyResponse(
        faces=[_to_identified_face(face) for face in roll.faces],
        faces_detected=len(roll.faces),
        users=[to_match(match) for match in roll.users],
        threshold=roll.threshold,
    )


def to_check_in_response(checked: CheckedIn) -> gallery.CheckInResponse:
    """Answer CheckIn."""
    verdict, liveness = checked.verdict, checked.liveness
    return gallery.CheckInResponse(
        decision=verdict.decision.value,
        match=None if verdict.match is None else to_match(verdict.match),
        margin=verdict.margin,
        reasons=to_rejections(verdict.reasons),
        quality=to_quality(checked.observed.quality),
        liveness=None if liveness is None else to_liveness(liveness),
        threshold=checked.threshold,
        faces_detected=checked.observed.faces_detected,
        face=to_location(checked.observed),
        timings=gallery.CheckInTimings(
            **{f"{lap}_ms": ms for lap, ms in checked.ms.items()},
            total_ms=sum(checked.ms.values()),
        ),
    )


def _to_identified_face(identified: IdentifiedFace) -> gallery.IdentifiedFace:
    observed, match = identified.observed, identified.match
    return gallery.IdentifiedFace(
        bbox=box_of(observed),
        detection_score=observed.face.confidence,
        quality=to_quality(observed.quality),
        match=None if match is None else to_match(match),
    )
