"""GetCollection."""

from __future__ import annotations

from facesvc.application.get_collection import DescribedCollection, EffectiveSettings
from facesvc.transport.convert.collection_settings import settings_fields
from facesvc.v1 import gallery_service_pb2 as pb


def to_response(described: DescribedCollection) -> pb.GetCollectionResponse:
    """Answer GetCollection."""
    info = described.info
    return pb.GetCollectionResponse(
        collection=info.name,
        recognizer=info.recognizer,
        version=info.version,
        users=info.users,
        samples=info.samples,
        aliases=info.aliases,
        **settings_fields(info.kept),
        effective=_effective(described.effective),
    )


def _effective(found: EffectiveSettings) -> pb.EffectiveSettings:
    return pb.EffectiveSettings(
        search_threshold=found.search.threshold,
        search_threshold_from=found.search_from.name,
        target_fpir=found.target_fpir,
        estimated_fpir=found.search.estimated,
        target_reached=found.search.target_reached,
        verify_threshold=found.verify.threshold,
        verify_threshold_from=found.verify_from.name,
        estimated_fmr=found.verify.estimated,
        quality_threshold=found.quality_threshold,
        quality_threshold_from=found.quality_from.name,
    )
