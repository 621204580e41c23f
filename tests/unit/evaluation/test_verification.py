"""1:1 rates against a plain, slow count."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from facesvc.evaluation.labelled_photos import LabelError, read_labels
from facesvc.evaluation.templates import templates_of
from facesvc.evaluation.verification import (
    bin_of,
    compare_all,
    compare_pairs,
    equal_error_rate,
    histogram,
    true_accept_rate,
)
from tests.unit.evaluation.conftest import MakeSet


def test_every_pair_is_counted_once(make_set: MakeSet) -> None:
    """Histogram and genuine scores agree with a loop over all pairs."""
    labels, observed = make_set(40, 3, spread=2.0)
    comparisons = compare_all(templates_of(labels, observed))
    genuine, impostors = [], []
    for first, second in combinations(labels.photos, 2):
        a, b = observed[str(first.path)].embedding, observed[str(second.path)].embedding
        (genuine if first.person == second.person else impostors).append(float(a @ b))
    assert sorted(comparisons.genuine.scores) == pytest.approx(sorted(genuine), abs=1e-5)
    assert comparisons.impostors.sum() == len(impostors)
    for threshold in (0.0, 0.05, 0.1):
        expected = np.mean(np.array(impostors) >= threshold)
        assert comparisons.fmr(threshold) == pytest.approx(expected, abs=3 / len(impostors))


def test_threshold_keeps_the_rate_that_was_asked(make_set: MakeSet) -> None:
    """At most the rate above the threshold, and more just below it."""
    labels, observed = make_set(60, 2, spread=2.0)
    comparisons = compare_all(templates_of(labels, observed))
    threshold = comparisons.threshold_at(0.01)
    assert threshold is not None
    assert comparisons.fmr(threshold) <= 0.01 < comparisons.fmr(threshold - 0.002)
    assert comparisons.threshold_at(1e-6) is None


def test_listed_pairs_are_the_only_ones_compared(make_set: MakeSet) -> None:
    """A pair whose photo shows no face is left out, not counted as a match."""
    labels, observed = make_set(3, 2)
    del observed["p2/1.jpg"]
    listed = [(0, 1, True), (0, 2, False), (4, 5, True)]
    comparisons = compare_pairs(templates_of(labels, observed), listed)
    assert len(comparisons.genuine.scores) == 1
    assert comparisons.impostors.sum() == 1


def test_interval_widens_with_fewer_people(make_set: MakeSet) -> None:
    """The bootstrap draws whole people."""
    few = true_accept_rate(compare_all(templates_of(*make_set(6, 4, 1.2))).genuine, 0.42)
    many = true_accept_rate(compare_all(templates_of(*make_set(80, 4, 1.2))).genuine, 0.42)
    assert few.low <= few.value <= few.high
    assert few.high - few.low > many.high - many.low


def test_separated_people_have_no_equal_error(make_set: MakeSet) -> None:
    """Where no impostor reaches a genuine score, the rate is 0; with one distribution, half."""
    assert equal_error_rate(compare_all(templates_of(*make_set(20, 3, 0.2)))) == 0.0
    assert equal_error_rate(compare_all(templates_of(*make_set(30, 3, 50.0)))) > 0.3


def test_bins_agree_with_thresholds() -> None:
    """A cosine is at or above a threshold exactly when its bin is."""
    cosines = np.array([-1.0, -0.00005, 0.0, 0.45, 0.4501, 1.0], np.float32)
    counts = histogram(cosines)
    assert counts[bin_of(0.4501) :].sum() == 2
    assert counts[bin_of(-1.0) :].sum() == 6


def test_pairs_file_names_photos_of_the_folder(tmp_path: Path) -> None:
    """LFW's format; a line that names a photo that is not there is an error with its number."""
    for name in ("anna/1.jpg", "anna/2.jpg", "bert/1.jpg"):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).write_bytes(b"x")
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("10\t300\nanna\t1\t2\nanna\t1\tbert\t1\n")
    assert read_labels(tmp_path / "photos", pairs).pairs == [(0, 1, True), (0, 2, False)]
    pairs.write_text("anna 1 3\n")
    with pytest.raises(LabelError, match="line 1"):
        read_labels(tmp_path / "photos", pairs)
