"""What is searched with: a face of an image, or an embedding that the caller has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from facesvc.application.call import Call
from facesvc.application.detect_faces import ObservedCrop, ObservedFace
from facesvc.application.embed import EmbedFace
from facesvc.application.embedded_face import faults_of
from facesvc.application.images import ImageInput
from facesvc.domain.errors import ModelMismatchError
from facesvc.domain.recognizable import RecognizabilityRule
from facesvc.domain.rejection import Rejection
from facesvc.domain.template import Template


@dataclass(frozen=True)
class GivenEmbedding:
    """``embedding`` float32 (512,), L2-normalised; ``model`` the digest of the recognizer that the
    caller says made it; ``field`` the request's.
    """

    embedding: NDArray[np.float32]
    model: str
    field: str = "embedding"


ProbeSource: TypeAlias = ImageInput | GivenEmbedding


@dataclass(frozen=True)
class Probe:
    """``observed`` is None where the caller gave the embedding: there is no photo to look at."""

    template: Template
    observed: ObservedFace | ObservedCrop | None

    @property
    def embedding(self) -> NDArray[np.float32]:
        """The embedding, float32 (512,), L2-normalised."""
        return self.template.embedding

    def faults(self, rule: RecognizabilityRule) -> list[Rejection]:
        """Return why it carries no identity: nothing where it does, or was given."""
        return [] if self.observed is None else faults_of(self.observed, rule)


@dataclass(frozen=True)
class MakeProbe:
    """Gives the probe of every search; ``recognizer`` is the digest of the one in use."""

    embed: EmbedFace
    recognizer: str

    @property
    def rule(self) -> RecognizabilityRule:
        """Which faces carry an identity."""
        return self.embed.detect_faces.rule

    def __call__(self, source: ProbeSource, call: Call) -> Probe:
        """Raises the image errors and NoFaceError, or ModelMismatchError."""
        if isinstance(source, GivenEmbedding):
            return self.given(source)
        embedded = self.embed(source, call)
        return Probe(embedded.template, embedded.observed)

    def given(self, source: GivenEmbedding) -> Probe:
        """Return the caller's embedding as a probe. Raises ModelMismatchError."""
        require_model(source, self.recognizer)
        return Probe(Template(source.embedding, ()), None)


def require_model(source: GivenEmbedding, recognizer: str) -> None:
    """Raise ModelMismatchError unless the embedding is of the recognizer in use: cosines of two
    recognizers mean nothing.
    """
    if source.model != recognizer:
        raise ModelMismatchError(
            "The embedding was made by another recognizer.",
            field=f"{source.field}.model",
            recognizer=recognizer,
        )
