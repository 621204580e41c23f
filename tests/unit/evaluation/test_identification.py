"""1:N rates, groups, labels and intervals on made-up people."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facesvc.evaluation import identification
from facesvc.evaluation.evaluate import evaluate
from facesvc.evaluation.groups import rates_by_group
from facesvc.evaluation.intervals import proportion
from facesvc.evaluation.labelled_photos import LabelledPhoto, LabelledSet
from facesvc.evaluation.liveness_rates import liveness_rates
from facesvc.evaluation.mislabelled import suspects
from facesvc.evaluation.observations import Observation, ObservationFile
from facesvc.evaluation.report import Origin, to_json, to_markdown
from facesvc.evaluation.templates import templates_of
from tests.unit.evaluation.conftest import MakeSet


def test_strangers_and_enrolled_people_are_told_apart(make_set: MakeSet) -> None:
    """The gallery has the size asked for, and nobody of it is a stranger."""
    templates = templates_of(*make_set(150, 3, 0.3))
    (trial, *_) = identification.trials(templates, 100)
    assert len(trial.own) == 100 * 2
    assert len(trial.strangers) == 50 * 3
    assert trial.own.min() > 0.8
    assert trial.strangers.max() < 0.3


def test_threshold_lets_at_most_the_share_of_strangers_through(make_set: MakeSet) -> None:
    """FPIR is what the threshold was made for."""
    templates = templates_of(*make_set(300, 2, 1.0))
    for trial in identification.trials(templates, 100):
        threshold = trial.threshold_at(0.01)
        assert threshold is not None
        assert np.mean(trial.strangers >= threshold) <= 0.01


def test_a_person_answered_with_somebody_else_is_missed(make_set: MakeSet) -> None:
    """A high similarity does not help when another is higher."""
    templates = templates_of(*make_set(150, 2, 0.3))
    trial = identification.trials(templates, 100)[0]
    confused = replace(trial, best_other=trial.own + 0.01)
    assert not trial.missed(0.5).any()
    assert confused.missed(0.5).all()


def test_small_galleries_are_left_out_when_too_few_strangers_remain(make_set: MakeSet) -> None:
    """110 people leave 10 strangers of a gallery of 100: too few."""
    assert identification.sizes_for(templates_of(*make_set(44, 2))) == []
    assert identification.sizes_for(templates_of(*make_set(60, 2))) == [25]
    assert identification.sizes_for(templates_of(*make_set(110, 2))) == [50]
    assert identification.sizes_for(templates_of(*make_set(150, 2))) == [100]


def test_groups_are_compared_within_themselves(make_set: MakeSet) -> None:
    """Both groups have a row; small ones have none."""
    templates = templates_of(*make_set(40, 2, 0.3))
    rates = rates_by_group(templates, 0.45)
    assert [(each.group, each.people) for each in rates] == [("north", 20), ("south", 20)]
    assert all(each.fmr.value == 0 and each.fnmr.value == 0 for each in rates)
    assert rates_by_group(templates_of(*make_set(12, 2)), 0.45) == []


def test_swapped_labels_are_pointed_out(make_set: MakeSet) -> None:
    """Two photos under each other's names are found, and nothing else."""
    labels, observed = make_set(20, 3)
    photos = list(labels.photos)
    photos[0], photos[3] = (
        LabelledPhoto(photos[0].path, "p1"),
        LabelledPhoto(photos[3].path, "p0"),
    )
    found = suspects(templates_of(LabelledSet(photos), observed), 0.45)
    assert {(each.photo, each.other_person) for each in found} == {
        ("p0/0.jpg", "p0"),
        ("p1/0.jpg", "p1"),
    }


def test_proportion_has_the_exact_interval() -> None:
    """The rule of three: nothing in 300 trials is at most about 1 %."""
    estimate = proportion(0, 300)
    assert estimate.low == 0
    assert estimate.high == pytest.approx(0.0122, abs=2e-4)
    assert proportion(0, 0).high == 1.0


def test_liveness_counts_each_attack_and_the_faceless_live_photo() -> None:
    """An attack without a face is refused, a live photo without one is an error."""
    kinds = ["live", "live", "print", "print", "replay"]
    photos = [LabelledPhoto(Path(str(i)), "", {}, kind) for i, kind in enumerate(kinds)]
    observed = {
        "0": Observation("0", is_live=True),
        "1": Observation("1", failure="NO_FACE"),
        "2": Observation("2", is_live=True),
        "3": Observation("3", failure="NO_FACE"),
        "4": Observation("4", is_live=False),
    }
    rates = liveness_rates(LabelledSet(photos), observed)
    assert rates is not None
    assert {kind: rate.value for kind, rate in rates.apcer.items()} == {"print": 0.5, "replay": 0.0}
    assert rates.bpcer.value == 0.5


def test_interrupted_run_keeps_what_it_observed(tmp_path: Path) -> None:
    """A broken last line is forgotten, the others are read as they were written."""
    path = tmp_path / "observations.jsonl"
    embedding = np.arange(512, dtype=np.float32)
    with ObservationFile(path).appending() as file:
        file.add(Observation("a", embedding=embedding, model="m", score=0.5))
        file.add(Observation("b", failure="NO_FACE"))
    with path.open("a") as text:
        text.write('{"photo": "c", "fail')
    again = ObservationFile(path)
    assert set(again.known) == {"a", "b"}
    assert np.array_equal(again.known["a"].embedding, embedding)
    assert path.stat().st_mode & 0o077 == 0


def test_report_holds_every_part_and_valid_json(make_set: MakeSet) -> None:
    """A set with enough people fills every section but liveness."""
    evaluation = evaluate(*make_set(150, 3, 1.0), threshold=0.3)
    origin = Origin("made up", "none", "the only one", Path())
    page = to_markdown(evaluation, "Accuracy", origin, ["roc.png"])
    for heading in (
        "## 1:1",
        "## 1:N",
        "## By group",
        "## Error against",
        "![roc](roc.png)",
        "made up",
    ):
        assert heading in page
    assert "NaN" not in to_json(evaluation)
