"""GetHealth."""

from __future__ import annotations

from facesvc.application.get_health import Health
from facesvc.v1 import face_service_pb2 as pb


def to_response(health: Health) -> pb.GetHealthResponse:
    """Answer GetHealth."""
    status = health.gallery
    return pb.GetHealthResponse(
        status=status.state,
        version=health.version,
        model=pb.ModelPack(**vars(health.pack)),
        gallery=pb.GalleryHealth(**vars(status)),
        match_threshold=health.thresholds.match_threshold,
        target_fpir=health.thresholds.target_fpir,
        target_fmr=health.thresholds.target_fmr,
        recognizability_threshold=health.rule.limit,
        risks=[pb.CollectionRisk(**vars(risk)) for risk in health.risks],
        quality_threshold=health.quality_threshold,
        detection_size=health.detection_size,
        uptime_s=health.uptime_s,
    )
