"""Describing every face of an image."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum

from facesvc.application.call import Call
from facesvc.application.detect_faces import DetectFaces, PhotoFaces
from facesvc.application.embedded_face import embed_face, observe_upright
from facesvc.application.images import ImageInput
from facesvc.application.ports.engine import FaceEngine
from facesvc.domain.faces import Attributes, DetectedFace
from facesvc.domain.liveness import Liveness
from facesvc.domain.photo import Photo
from facesvc.domain.quality import Quality
from facesvc.domain.template import Template


class Feature(Enum):
    """What can be asked of each face beside where it is."""

    QUALITY = "quality"
    ATTRIBUTES = "attributes"
    LIVENESS = "liveness"
    EMBEDDING = "embedding"


DEFAULT_FEATURES = frozenset({Feature.QUALITY, Feature.ATTRIBUTES, Feature.LIVENESS})


@dataclass(frozen=True)
class AnalyzedFace:
    """A face and what was asked of it; None is what was not."""

    photo: Photo
    face: DetectedFace
    quality: Quality | None
    attributes: Attributes | None
    liveness: Liveness | None
    template: Template | None


@dataclass(frozen=True)
class AnalyzeFaces:
    """Answers Analyze."""

    detect_faces: DetectFaces
    engine: FaceEngine

    def __call__(
        self, image: ImageInput, features: AbstractSet[Feature], call: Call
    ) -> list[AnalyzedFace]:
        """Return every face, most confident first; an empty list when there is none."""
        with self.detect_faces.open(image, call) as opened:
            analyzed = []
            for face in opened.faces:
                call.check()
                analyzed.append(self._analyze(opened, face, features))
            return analyzed

    def _analyze(
        self, opened: PhotoFaces, face: DetectedFace, features: AbstractSet[Feature]
    ) -> AnalyzedFace:
        """Run the models that the features need, and no other."""
        engine, photo = self.engine, opened.photo
        asks = {feature: feature in features for feature in Feature}
        quality, template = None, None
        if asks[Feature.EMBEDDING] and asks[Feature.QUALITY]:
            embedded = embed_face(opened, opened.observe(face))
            face, template = embedded.observed.face, embedded.template
            quality = embedded.observed.quality
        elif asks[Feature.QUALITY]:
            observed = observe_upright(opened, face)
            face, quality = observed.face, observed.quality
        elif asks[Feature.EMBEDDING]:
            template = engine.recognize(photo, face)
        return AnalyzedFace(
            photo,
            face,
            quality,
            engine.estimate_attributes(photo, face) if asks[Feature.ATTRIBUTES] else None,
            engine.check_liveness(photo, face) if asks[Feature.LIVENESS] else None,
            template,
        )
