"""Which of several faces is meant."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from facesvc.domain.errors import AmbiguousFaceError
from facesvc.domain.faces import BoundingBox
from facesvc.domain.quality import Quality

# Scores this close are equally good: the score's own spread over photos of one person is larger.
AMBIGUITY_MARGIN = 0.05
_NOT_MEASURED = Quality(0.0, 1.0, 0.0, 0.0, 0.0, 0, is_frontal=False)
# A face of less than a quarter of the other's area (half its width) is a bystander's.
BYSTANDER_AREA = 0.25


class SelectionRule(Enum):
    """How a caller says which face is meant."""

    BEST_QUALITY = "best_quality"
    LARGEST = "largest"
    MOST_CENTRAL = "most_central"
    NEAREST = "nearest"


@dataclass(frozen=True)
class FaceSelection:
    """``rule`` None means the best quality, where an enrolment refuses rivals. ``near`` is a
    point (x, y) or a box (x1, y1, x2, y2) in pixels of the photo, for NEAREST only. ``single``
    refuses every photo of several faces.
    """

    rule: SelectionRule | None = None
    near: tuple[float, ...] = ()
    single: bool = False

    @property
    def by_place(self) -> bool:
        """True when boxes decide alone, so that no quality needs to be measured."""
        return self.rule not in (None, SelectionRule.BEST_QUALITY)


ANY_FACE = FaceSelection()


@dataclass(frozen=True)
class Frame:
    """The photo's size in pixels."""

    width: int
    height: int


def require_single(faces: int) -> None:
    """Raise AmbiguousFaceError for more than one face."""
    if faces > 1:
        raise AmbiguousFaceError("The photo shows several faces.", faces=faces)


def by_place(selection: FaceSelection, boxes: Sequence[BoundingBox], frame: Frame) -> int:
    """Return the index of the face that a rule about boxes means; of equals the first."""
    if selection.rule is SelectionRule.LARGEST:
        return max(range(len(boxes)), key=lambda index: boxes[index].area)
    if selection.rule is SelectionRule.MOST_CENTRAL:
        middle = (frame.width / 2, frame.height / 2)
        return min(range(len(boxes)), key=lambda index: _distance(boxes[index], middle))
    wanted = _box_of(selection.near)
    middle = ((wanted.x1 + wanted.x2) / 2, (wanted.y1 + wanted.y2) / 2)
    return max(
        range(len(boxes)),
        key=lambda index: (_overlap(boxes[index], wanted), -_distance(boxes[index], middle)),
    )


def measure_contenders(
    highest: Sequence[float], measure: Callable[[int, bool], Quality], roughness: float
) -> list[Quality]:
    """Return qualities by which ``best`` chooses the same face as by all, measured exactly.

    ``highest`` is a score that each face cannot surpass; ``measure(index, exactly)`` gives a face's
    quality, roughly or exactly. Exactly is only measured what decides: a face whose rough score
    is less than ``roughness`` away from where it comes within AMBIGUITY_MARGIN of the best, and
    that best one. A face that cannot come within it is not measured: its score is 0.
    """
    qualities = dict[int, Quality]()
    exact = set[int]()
    while True:
        best_score = max((quality.score for quality in qualities.values()), default=0.0)
        edge = best_score - AMBIGUITY_MARGIN
        waiting = [index for index in range(len(highest)) if index not in qualities]
        likeliest = max(waiting, key=highest.__getitem__, default=None)
        if likeliest is not None and highest[likeliest] >= edge - roughness:
            qualities[likeliest] = measure(likeliest, False)
            continue
        unsure = {
            index
            for index, quality in qualities.items()
            if index not in exact and abs(quality.score - edge) < roughness
        }
        if not unsure:
            return [qualities.get(index, _NOT_MEASURED) for index in range(len(highest))]
        top = max(qualities, key=lambda index: qualities[index].score)
        for index in (unsure | {top}) - exact:
            qualities[index] = measure(index, True)
            exact.add(index)


def best(qualities: Sequence[Quality], boxes: Sequence[BoundingBox], frame: Frame) -> int:
    """Return the index of the highest score. Of those within AMBIGUITY_MARGIN of it, the larger
    and more central one: a selfie is its taker's, not a passer-by's whose face is a little sharper.
    """
    highest = max(quality.score for quality in qualities)
    close = [i for i, q in enumerate(qualities) if highest - q.score <= AMBIGUITY_MARGIN]
    return max(close, key=lambda index: (_prominence(boxes[index], frame), qualities[index].score))


def best_for_enrolment(
    qualities: Sequence[Quality], boxes: Sequence[BoundingBox], frame: Frame
) -> int:
    """Return the index of the one face that can be meant.

    Raises AmbiguousFaceError when another face comes within AMBIGUITY_MARGIN of the best score
    and is no bystander: enrolling either would be a guess, and a wrong one stays.
    """
    chosen = best(qualities, boxes, frame)
    rivals = sum(
        index != chosen and _rivals(qualities[chosen], quality)
        for index, quality in enumerate(qualities)
    )
    if rivals:
        raise AmbiguousFaceError(
            "Several faces are equally good: send a photo of one person, or say which face is"
            " meant.",
            faces=len(qualities),
            equally_good=rivals + 1,
            margin=AMBIGUITY_MARGIN,
        )
    return chosen


def _rivals(chosen: Quality, other: Quality) -> bool:
    close = chosen.score - other.score <= AMBIGUITY_MARGIN
    return close and other.face_size >= BYSTANDER_AREA * chosen.face_size


def _prominence(box: BoundingBox, frame: Frame) -> float:
    """Return the box's area in pixels, down to half of it at the photo's corners."""
    reach = math.hypot(frame.width, frame.height) / 2 or 1.0
    off = min(1.0, _distance(box, (frame.width / 2, frame.height / 2)) / reach)
    return box.area * (1.0 - 0.5 * off)


def _distance(box: BoundingBox, point: tuple[float, float]) -> float:
    return math.hypot((box.x1 + box.x2) / 2 - point[0], (box.y1 + box.y2) / 2 - point[1])


def _box_of(near: tuple[float, ...]) -> BoundingBox:
    return BoundingBox(*near) if len(near) == 4 else BoundingBox(*near, *near)


def _overlap(box: BoundingBox, wanted: BoundingBox) -> float:
    """Return the intersection over the union; a point inside a box counts as a whole overlap."""
    width = min(box.x2, wanted.x2) - max(box.x1, wanted.x1)
    height = min(box.y2, wanted.y2) - max(box.y1, wanted.y1)
    if width < 0 or height < 0:
        return 0.0
    if wanted.area == 0:
        return 1.0
    shared = width * height
    return shared / (box.area + wanted.area - shared)
