"""A face with its embedding; tight crops and photos on their head or side are noticed here, at no
cost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from facesvc.application.detect_faces import ObservedCrop, ObservedFace, PhotoFaces
from facesvc.application.find_faces import RotationRetry
from facesvc.application.ports.engine import FaceEngine
from facesvc.domain.faces import BoundingBox, DetectedFace
from facesvc.domain.recognizable import RecognizabilityRule, upside_down
from facesvc.domain.rejection import Rejection
from facesvc.domain.template import Template

_Seen = TypeVar("_Seen", ObservedFace, ObservedCrop)

# Of the photo's width or height: a face that fills this much may lack the surroundings by which a
# detector places its landmarks. Of 50 faces, cut out with 15 % of their size around them (a share
# of 0.77), 4 to 7 had lost their identity; cut at their box, 46 and more.
_FILLING_SHARE = 0.6


@dataclass(frozen=True)
class _Embedded(Generic[_Seen]):
    """What was observed and what the recognizer says of it."""

    observed: _Seen
    template: Template

    @property
    def embedding(self) -> NDArray[np.float32]:
        """The embedding, float32 (512,), L2-normalised."""
        return self.template.embedding

    def faults(self, rule: RecognizabilityRule) -> list[Rejection]:
        """Return why this carries no identity; an empty list when it does."""
        return faults_of(self.observed, rule)


class EmbeddedFace(_Embedded[ObservedFace]):
    """A face of a photo; its quality has the recognizability."""


class EmbeddedCrop(_Embedded[ObservedCrop]):
    """A crop that was aligned elsewhere; its quality has the recognizability."""


def faults_of(observed: ObservedFace | ObservedCrop, rule: RecognizabilityRule) -> list[Rejection]:
    """Return why an embedded face carries no identity; an empty list when it does."""
    is_on_its_head = isinstance(observed, ObservedFace) and observed.on_its_head
    head = [upside_down()] if is_on_its_head else []
    return head + rule.faults(observed.quality)


def embed_meant(opened: PhotoFaces) -> EmbeddedFace | EmbeddedCrop:
    """Return the face that is meant with its embedding; the caller holds the permit. Raises
    NoFaceError, AmbiguousFaceError.
    """
    if opened.image.is_aligned:
        return embed_crop(opened)
    return embed_face(opened, opened.best())


def embed_crop(opened: PhotoFaces) -> EmbeddedCrop:
    """Return an aligned crop with its embedding; the caller holds the permit."""
    quality, template = opened.engine.look_at_crop(opened.photo)
    return EmbeddedCrop(ObservedCrop(quality), template)


def embed_face(opened: PhotoFaces, observed: ObservedFace) -> EmbeddedFace:
    """Return the face with its embedding; the caller holds the permit.

    A face without an identity may fill its photo, or stand on its head or side: detectors find
    such faces, with landmarks in wrong places. Then the photo is looked at within a margin, or
    turned, and what is found in the same place with the most confidence, or alone, counts if it is
    more recognizable.
    """
    embedded = _embedded(opened.engine, observed)
    if not opened.rule.may_stand_on_its_head(embedded.observed.quality):
        return embedded
    if _fills(embedded.observed):
        smaller = _within_margin(opened, embedded.observed)
        if smaller is not None and not opened.rule.may_stand_on_its_head(smaller.observed.quality):
            return smaller
    turned = _turned(opened, embedded.observed)
    if turned is None or not _is_better(turned, embedded, opened.rule):
        return embedded
    if opened.finder.rotation_retry is RotationRetry.OFF:
        quality = replace(embedded.observed.quality, is_frontal=False)
        observed = replace(embedded.observed, quality=quality, on_its_head=True)
        return EmbeddedFace(observed, embedded.template)
    return turned


def observe_upright(opened: PhotoFaces, face: DetectedFace) -> ObservedFace:
    """Return the face with its quality; the caller holds the permit.

    A face on its head looks frontal to the pose model. Where the detector's confidence does not
    rule that out, the face is embedded, since only that tells.
    """
    observed = opened.observe(face)
    if not observed.quality.is_frontal or opened.rule.is_surely_upright(
        observed.quality, face.confidence
    ):
        return observed
    upright = embed_face(opened, observed).observed
    return replace(upright, quality=replace(upright.quality, recognizability=None))


def _embedded(engine: FaceEngine, observed: ObservedFace) -> EmbeddedFace:
    template = engine.recognize(observed.photo, observed.face)
    quality = replace(observed.quality, recognizability=template.recognizability)
    return EmbeddedFace(replace(observed, quality=quality), template)


def _fills(observed: ObservedFace) -> bool:
    """Tell whether the face is as large as much of its photo."""
    box, photo = observed.face.box, observed.photo
    return max(box.width / photo.width, box.height / photo.height) >= _FILLING_SHARE


def _within_margin(opened: PhotoFaces, observed: ObservedFace) -> EmbeddedFace | None:
    """Return what the photo, within a margin, has in the place of the face."""
    found = opened.finder.within_margin(opened.photo, opened.call)
    return _in_its_place(opened, observed, found)


def _turned(opened: PhotoFaces, observed: ObservedFace) -> EmbeddedFace | None:
    """Return what the photo, turned, has in the place of the face."""
    sides = opened.rule.may_lie_on_its_side(observed.quality)
    found = opened.finder.other_ways_up(opened.photo, opened.call, sides=sides)
    return _in_its_place(opened, observed, found)


def _in_its_place(
    opened: PhotoFaces, observed: ObservedFace, found: list[DetectedFace]
) -> EmbeddedFace | None:
    """Return the most confident of what was found in the place of the face, or alone."""
    same = [face for face in found if _covers(face, observed.face.box)]
    if not same and observed.faces_detected == 1 and not opened.image.selection.by_place:
        same = found  # what was found alone is no face at all
    if not same:
        return None
    best = max(same, key=lambda face: face.confidence)
    other = replace(opened.observe(best), faces_detected=observed.faces_detected)
    return _embedded(opened.engine, other)


def _is_better(turned: EmbeddedFace, other: EmbeddedFace, rule: RecognizabilityRule) -> bool:
    return not rule.may_stand_on_its_head(turned.observed.quality) or (
        (turned.observed.quality.recognizability or 0.0)
        > (other.observed.quality.recognizability or 0.0)
        and turned.observed.face.confidence > other.observed.face.confidence
    )


def _covers(face: DetectedFace, box: BoundingBox) -> bool:
    """Tell whether the middle of either box lies in the other."""
    return _holds(face.box, box) or _holds(box, face.box)


def _holds(outer: BoundingBox, inner: BoundingBox) -> bool:
    x, y = (inner.x1 + inner.x2) / 2, (inner.y1 + inner.y2) / 2
    return outer.x1 <= x <= outer.x2 and outer.y1 <= y <= outer.y2
