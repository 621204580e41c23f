"""Which threshold decides, and what risk it carries."""

from __future__ import annotations

from dataclasses import dataclass, replace

from facesvc.domain.collection_settings import CollectionSettings
from facesvc.domain.errors import InvalidFieldError
from facesvc.domain.gallery import Match
from facesvc.domain.genuine import GenuineScores
from facesvc.domain.risk import GallerySize, ImpostorScores

# Of new people, who are refused as somebody who is enrolled; and of wrong photos, which pass for a
# user's. docs/enrolment.md says what these cost.
DUPLICATE_FPIR = 1e-3
SAME_PERSON_FMR = 1e-3


@dataclass(frozen=True)
class Limit:
    """What a call asks: a ``threshold`` of the cosine, or the ``target`` of an error rate that a
    threshold shall be made of; at most one of them, None for what is configured.
    """

    threshold: float | None = None
    target: float | None = None


AS_CONFIGURED = Limit()


@dataclass(frozen=True)
class OperatingPoint:
    """``threshold`` decides. ``estimated`` is the FPIR or FMR to be expected at it, None where
    the pack has no calibration. ``target_reached`` is None where there was no target, and False
    where the calibration's photos do not reach so far: then the threshold is the highest one
    that they say something about.
    """

    threshold: float
    estimated: float | None = None
    target_reached: bool | None = None


@dataclass(frozen=True)
class ThresholdRule:
    """The operator's choice, and the pack's scores of different people and of the same, None where
    there are none.

    ``target_fpir`` takes ``match_threshold``'s place for 1:N, ``target_fmr`` for 1:1.
    ``is_chosen``: the threshold is a collection's own, not the server's for all. Raises
    ValueError when there is a target and no calibration.
    """

    match_threshold: float
    impostors: ImpostorScores | None = None
    target_fpir: float | None = None
    target_fmr: float | None = None
    genuine: GenuineScores | None = None
    is_chosen: bool = False

    def __post_init__(self) -> None:
        if self.impostors is None and (self.target_fpir or self.target_fmr):
            raise ValueError(
                "TARGET_FPIR, TARGET_FMR: the model pack has no calibration; set MATCH_THRESHOLD, "
                "or make one (docs/risk.md)."
            )

    def of(self, own: CollectionSettings) -> ThresholdRule:
        """Return the rule of a collection that decides for itself. Its target is left aside where
        the pack that is loaded now has no calibration.
        """
        if own.match_threshold is not None:
            return ThresholdRule(
                own.match_threshold, self.impostors, genuine=self.genuine, is_chosen=True
            )
        if own.target_fpir is not None and self.impostors is not None:
            return replace(self, target_fpir=own.target_fpir)
        return self

    def one_to_many(self, asked: Limit, gallery: GallerySize) -> OperatingPoint:
        """Return the threshold of a search among so many. Raises InvalidFieldError."""
        scores, target = self.impostors, self._target(asked, self.target_fpir, "target_fpir")
        if target is None or scores is None:
            threshold = self.match_threshold if asked.threshold is None else asked.threshold
            return OperatingPoint(threshold, self.false_match_probability(threshold, gallery))
        threshold = scores.threshold_for_fpir(target, gallery)
        reached = threshold <= scores.highest_threshold
        threshold = min(threshold, scores.highest_threshold)
        return OperatingPoint(threshold, scores.fpir(threshold, gallery), reached)

    def one_to_one(self, asked: Limit, samples: int = 1) -> OperatingPoint:
        """Return the threshold of a comparison with the best of so many samples. Raises
        InvalidFieldError.
        """
        scores, target = self.impostors, self._target(asked, self.target_fmr, "target_fmr")
        if target is None or scores is None:
            threshold = self.match_threshold if asked.threshold is None else asked.threshold
            estimated = None if scores is None else scores.fmr_of_user(threshold, samples)
            return OperatingPoint(threshold, estimated)
        threshold = scores.threshold_for_fmr(target, samples)
        reached = threshold <= scores.highest_threshold
        threshold = min(threshold, scores.highest_threshold)
        return OperatingPoint(threshold, scores.fmr_of_user(threshold, samples), reached)

    def target_fpir_of(self, asked: Limit) -> float | None:
        """Return the target that a search's threshold is made of, None where it is given. Raises
        InvalidFieldError.
        """
        return self._target(asked, self.target_fpir, "target_fpir")

    def judged(self, match: Match, gallery: GallerySize) -> Match:
        """Return the match with how likely a stranger has such a one."""
        probability = self.false_match_probability(match.similarity, gallery)
        return replace(match, false_match_probability=probability)

    def duplicate_threshold(self, gallery: GallerySize) -> float:
        """Return the similarity from which somebody enrolled is taken for the same person: what
        DUPLICATE_FPIR of new people reach by chance among so many. Where the operator set a target,
        or a threshold for the collection, that one decides here, too.
        """
        if self.is_chosen or self.target_fpir is not None or self.impostors is None:
            return self.one_to_many(AS_CONFIGURED, gallery).threshold
        return self.one_to_many(Limit(target=DUPLICATE_FPIR), gallery).threshold

    def same_person_threshold(self, samples: int) -> float:
        """Return the similarity that a new sample must have to one of the user's: what
        SAME_PERSON_FMR of other people reach by chance. A target or a collection's own threshold
        decides here, too.
        """
        if self.is_chosen or self.target_fmr is not None or self.impostors is None:
            return self.one_to_one(AS_CONFIGURED, samples).threshold
        return self.one_to_one(Limit(target=SAME_PERSON_FMR), samples).threshold

    def false_match_probability(self, similarity: float, gallery: GallerySize) -> float | None:
        """Return how likely a stranger's search of this gallery has a match of this similarity."""
        return None if self.impostors is None else self.impostors.fpir(similarity, gallery)

    def fnmr(self, threshold: float) -> float | None:
        """Return the share of comparisons of the same person that the threshold misses."""
        return None if self.genuine is None else self.genuine.fnmr(threshold)

    def _target(self, asked: Limit, configured: float | None, field: str) -> float | None:
        if asked.threshold is not None:
            return None
        if asked.target is not None and self.impostors is None:
            raise InvalidFieldError(
                f"{field} needs a calibration, which the model pack does not have.", field=field
            )
        return configured if asked.target is None else asked.target
