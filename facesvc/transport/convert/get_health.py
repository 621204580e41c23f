"""GetHealth."""

from __future__ import annotations

from dataclasses import replace

from facesvc.application.get_health import Health
from facesvc.v1 import face_service_pb2 as pb


def to_response(health: Health, *, counts_told: bool) -> pb.GetHealthResponse:
    """Answer GetHealth; without ``counts_told`` as if nobody were enrolled, and marked so."""
    status = health.gallery
    if not counts_told:
        status = replace(status, collections=0, users=0, samples=0)
    return pb.GetHealthResponse(
        status=status.state,
        version=health.version,
        model=pb.ModelPack(**vars(health.pack)),
        gallery=pb.GalleryHealth(**vars(status), counts_hidden=not counts_told),
        match_threshold=health.thresholds.match_threshold,
        target_fpir=health.thresholds.target_fpir,
        target_fmr=health.thresholds.target_fmr,
        recognizability_threshold=health.rule.limit,
        risks=[pb.CollectionRisk(**vars(risk)) for risk in health.risks if counts_told],
        quality_threshold=health.quality_threshold,
        detection_size=health.detection_size,
        uptime_s=health.uptime_s,
    )
