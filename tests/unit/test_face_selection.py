"""Which of several faces is meant."""

from __future__ import annotations

import numpy as np
import pytest

from facesvc.domain.errors import AmbiguousFaceError
from facesvc.domain.face_selection import (
    FaceSelection,
    Frame,
    SelectionRule,
    best,
    best_for_enrolment,
    by_place,
    measure_contenders,
)
from facesvc.domain.faces import BoundingBox
from facesvc.domain.quality import Quality

FRAME = Frame(1000, 800)


def box(x: float, y: float, side: float) -> BoundingBox:
    """A square box about a middle."""
    return BoundingBox(x - side / 2, y - side / 2, x + side / 2, y + side / 2)


def quality(score: float, of: BoundingBox) -> Quality:
    """A quality of this score for this box."""
    return Quality(score, 0.1, 0.0, 0.0, 0.0, int(of.area), True)


def faces(*seen: tuple[float, BoundingBox]) -> tuple[list[Quality], list[BoundingBox], Frame]:
    """Faces with their scores, as the rules want them."""
    return [quality(score, of) for score, of in seen], [of for _, of in seen], FRAME


MIDDLE, ASIDE = box(500, 400, 200), box(100, 100, 200)
SMALL = box(500, 100, 80)


@pytest.mark.parametrize(
    ("seen", "chosen"),
    [
        ([(0.6, MIDDLE), (0.9, SMALL)], 1),
        ([(0.86, SMALL), (0.84, MIDDLE)], 1),
        ([(0.84, ASIDE), (0.82, MIDDLE)], 1),
        ([(0.8, MIDDLE), (0.8, MIDDLE)], 0),
    ],
    ids=["clearly-better", "sharper-bystander", "central-of-equals", "all-equal"],
)
def test_best_is_the_highest_score_and_near_ties_go_to_the_taker(
    seen: list[tuple[float, BoundingBox]], chosen: int
) -> None:
    """Within 0.05 the larger and more central face wins, whatever the order."""
    assert best(*faces(*seen)) == chosen
    if seen[0] != seen[1]:
        assert best(*faces(*reversed(seen))) == 1 - chosen


@pytest.mark.parametrize(
    ("seen", "chosen"),
    [
        ([(0.8, MIDDLE)], 0),
        ([(0.7, ASIDE), (0.8, MIDDLE)], 1),
        ([(0.8, MIDDLE), (0.79, SMALL)], 0),
        ([(0.8, SMALL), (0.79, MIDDLE)], 1),
        ([(0.8, MIDDLE), (0.76, ASIDE)], None),
    ],
    ids=["alone", "clearly-better", "bystander", "sharper-bystander", "equally-good"],
)
def test_enrolment_wants_one_clear_face(
    seen: list[tuple[float, BoundingBox]], chosen: int | None
) -> None:
    """Faces within the margin are ambiguous unless the other is a bystander."""
    if chosen is None:
        with pytest.raises(AmbiguousFaceError) as ambiguous:
            best_for_enrolment(*faces(*seen))
        assert ambiguous.value.metadata["equally_good"] == "2"
    else:
        assert best_for_enrolment(*faces(*seen)) == chosen


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("roughness", [0.0, 0.02])
def test_measuring_only_what_decides_chooses_the_same(seed: int, roughness: float) -> None:
    """Whatever the scores are, below the highest possible and as rough as they may be."""
    random = np.random.default_rng(seed)
    count = int(random.integers(2, 9))
    highest = random.uniform(0.6, 1.0, count)
    scores = highest - random.exponential(0.06, count)
    rough = scores + random.uniform(-1, 1, count) * roughness / 2
    places = random.uniform((0, 0, 20), (800, 800, 200), (count, 3))
    boxes = [box(x, y, side) for x, y, side in places.tolist()]

    def measure(index: int, exactly: bool) -> Quality:
        return quality(float((scores if exactly else rough)[index]), boxes[index])

    measured = measure_contenders([*highest + roughness], measure, roughness)
    everything = [measure(index, True) for index in range(count)]
    assert best(measured, boxes, FRAME) == best(everything, boxes, FRAME)


def test_bystanders_who_cannot_be_the_best_are_not_measured() -> None:
    """The likeliest face comes first, wherever it stands; a crowd behind it costs nothing."""
    looked_at: list[int] = []

    def measure(index: int, exactly: bool) -> Quality:
        looked_at.append(index)
        assert not exactly
        return quality(0.9, MIDDLE)

    qualities = measure_contenders([0.7, 0.82, 0.99, 0.86], measure, 0.02)
    assert looked_at == [2, 3]
    assert [each.score for each in qualities] == [0.0, 0.0, 0.9, 0.9]


def test_a_best_face_that_was_overrated_lets_others_in() -> None:
    """Measured exactly it is worse than one that had no chance before."""
    rough, exact = [0.9, 0.86, 0.0], [0.7, 0.86, 0.81]

    def measure(index: int, exactly: bool) -> Quality:
        return quality((exact if exactly or index == 2 else rough)[index], MIDDLE)

    qualities = measure_contenders([1.0, 0.9, 0.82], measure, 0.02)
    assert [each.score for each in qualities] == exact


@pytest.mark.parametrize(
    ("rule", "near", "chosen"),
    [
        (SelectionRule.LARGEST, (), 2),
        (SelectionRule.MOST_CENTRAL, (), 1),
        (SelectionRule.NEAREST, (120.0, 90.0), 0),
        (SelectionRule.NEAREST, (900.0, 0.0), 1),
        (SelectionRule.NEAREST, (600.0, 450.0, 900.0, 750.0), 2),
        (SelectionRule.NEAREST, (20.0, 20.0, 40.0, 40.0), 0),
    ],
)
def test_rules_of_place_look_at_boxes_only(
    rule: SelectionRule, near: tuple[float, ...], chosen: int
) -> None:
    """A point inside a box, a point in none, a box that overlaps two, a box that overlaps one."""
    boxes = [box(110, 110, 200), box(540, 380, 100), box(720, 560, 400)]
    assert by_place(FaceSelection(rule, near), boxes, FRAME) == chosen
