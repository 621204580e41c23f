"""Telling what a collection is, what it decides for itself and what that comes to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from facesvc.application.collection_rules import CollectionRules
from facesvc.application.ports.gallery_reader import GalleryReader
from facesvc.domain.collection_settings import CollectionSettings
from facesvc.domain.errors import CollectionNotFoundError
from facesvc.domain.gallery import CollectionInfo
from facesvc.domain.operating_point import AS_CONFIGURED, Limit, OperatingPoint
from facesvc.domain.risk import GallerySize


class Origin(Enum):
    """Who decided a value; the names are the contract's."""

    SERVER = "the server's setting"
    COLLECTION = "the collection's setting"
    CALL = "the call"


@dataclass(frozen=True)
class EffectiveSettings:
    """What holds for a call: ``search`` the point of 1:N for the collection's size, ``target_fpir``
    what it was made of; ``verify`` the point of 1:1 for one sample.
    """

    search: OperatingPoint
    search_from: Origin
    target_fpir: float | None
    verify: OperatingPoint
    verify_from: Origin
    quality_threshold: float
    quality_from: Origin


@dataclass(frozen=True)
class DescribedCollection:
    """A collection and what holds there."""

    info: CollectionInfo
    effective: EffectiveSettings


@dataclass(frozen=True)
class GetCollection:
    """Answers GetCollection."""

    gallery: GalleryReader
    rules: CollectionRules

    def __call__(self, collection: str, limit: Limit = AS_CONFIGURED) -> DescribedCollection:
        """Describe it for calls that ask for that limit. Raises CollectionNotFoundError,
        ModelMismatchError, InvalidFieldError.
        """
        name = self.gallery.real_name(collection)
        for info in self.gallery.list_collections():
            if info.name == name:
                return DescribedCollection(info, self._effective(info, limit))
        raise CollectionNotFoundError(collection)

    def _effective(self, info: CollectionInfo, limit: Limit) -> EffectiveSettings:
        own, server = info.kept.settings, self.rules.thresholds
        rule = server.of(own)
        verify_limit = Limit(limit.threshold)
        return EffectiveSettings(
            search=rule.one_to_many(limit, GallerySize(info.users, info.samples)),
            search_from=_origin(limit != AS_CONFIGURED, rule is not server),
            target_fpir=rule.target_fpir_of(limit),
            verify=rule.one_to_one(verify_limit),
            verify_from=_origin(limit.threshold is not None, own.match_threshold is not None),
            quality_threshold=_first(own, self.rules.quality_threshold),
            quality_from=_origin(False, own.quality_threshold is not None),
        )


def _origin(by_call: bool, by_collection: bool) -> Origin:
    if by_call:
        return Origin.CALL
    return Origin.COLLECTION if by_collection else Origin.SERVER


def _first(own: CollectionSettings, default: float) -> float:
    return default if own.quality_threshold is None else own.quality_threshold
