"""Filtered searches give what reading everybody's metadata and comparing every face would."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facesvc.domain.gallery import SearchQuery, User
from facesvc.domain.metadata_filter import MetadataFilter, Value
from facesvc.gallery.directory import Directory
from facesvc.gallery.index.exact import INT8_FROM_ROWS, ExactIndex
from facesvc.gallery.record_filter import RecordFilter
from facesvc.gallery.served_collection import ServedCollection
from facesvc.gallery.stores import records
from facesvc.gallery.stores.port import SampleBlock
from tests.unit.gallery.gallery_fixtures import vector

NOW = datetime(2026, 1, 2, tzinfo=UTC)
USERS = INT8_FROM_ROWS + 500
# Few keys and values, so that many are equal; such as compact JSON is full of.
KEYS = st.sampled_from(["k", "kk", "k ", ":", ",", '"', "\\", "{", "é", '":'])
TEXTS = st.just("k") | st.text(alphabet='k:,"\\{}[]é1', max_size=4)
NUMBERS = st.sampled_from([0, -0.0, 0.0, 1, 1.0, 10, 10.5, -1, 1e16, 1e300, 2**53 - 1, 0.1])
SCALARS = st.one_of(TEXTS, NUMBERS, st.booleans(), st.none())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=2),
    max_leaves=4,
)


def user(user_id: str, metadata: Mapping[str, Any], version: int = 1) -> User:
    """Return a user whose name looks like metadata."""
    return User(user_id, '"k":"k"', metadata, 1, NOW, NOW, version)


@settings(max_examples=500, deadline=None)
@given(
    st.dictionaries(KEYS, VALUES, max_size=3),
    st.dictionaries(KEYS, st.one_of(TEXTS, NUMBERS.map(float), st.booleans()), min_size=1),
)
def test_bytes_tell_what_the_values_tell(held: dict[str, Any], wanted: dict[str, Value]) -> None:
    """Whatever keys and texts look like, and however numbers are written."""
    where = MetadataFilter(wanted)
    record = records.encode_user(user('{"k":1', held))
    chosen = RecordFilter(where)
    assert (chosen.needle in record and chosen.matches(record)) == where.matches(held)


@pytest.fixture(scope="module")
def crowd() -> tuple[ServedCollection, ExactIndex, np.ndarray]:
    """A collection that is searched in int8; every 100th user is rare, every other one common."""
    vectors = np.stack([vector(number) for number in range(USERS)])
    index = ExactIndex()
    ids = [f"u{number:05}" for number in range(USERS)]
    views = index.reset([SampleBlock("staff", ids, vectors)])
    people = {
        one: records.encode_user(user(one, {"half": number % 2, "rare": number % 100 == 0}))
        for number, one in enumerate(ids)
    }
    return ServedCollection(views["staff"], USERS, Directory(people)), index, vectors


@pytest.mark.parametrize("threshold", [-1.0, 0.05, 0.4])
@pytest.mark.parametrize(
    ("where", "step", "first"),
    [({"half": 1.0}, 2, 1), ({"rare": True}, 100, 0), ({"rare": True, "half": 0.0}, 100, 0)],
)
def test_best_of_those_who_are_chosen_are_found(
    crowd: tuple[ServedCollection, ExactIndex, np.ndarray],
    where: dict[str, Value],
    step: int,
    first: int,
    threshold: float,
) -> None:
    """As many as asked for, in order, however rare they are."""
    served, _, vectors = crowd
    probes = np.stack([vector(number) for number in (0, 7, 10**6)])
    found = served.search(SearchQuery("staff", probes, 7, threshold, where=MetadataFilter(where)))
    for probe, matches in zip(probes, found, strict=True):
        cosines = (vectors[first::step].astype(np.float64) @ probe.astype(np.float64)).tolist()
        ranked = sorted((-cosine, first + step * at) for at, cosine in enumerate(cosines))[:7]
        expected = [f"u{number:05}" for cosine, number in ranked if -cosine >= threshold]
        assert [match.user_id for match in matches] == expected


def test_user_that_a_write_has_just_changed_is_judged_anew() -> None:
    """Before the directory has it, which still says the opposite: what is published decides."""
    index = ExactIndex()
    others = {f"u{number}": user(f"u{number}", {"team": "green"}) for number in range(100)}
    known = {one: records.encode_user(held) for one, held in others.items()}
    vectors = np.stack([vector(2)] * len(others))
    views = index.reset([SampleBlock("staff", list(others), vectors)])
    served = ServedCollection(views["staff"], 1, Directory(known))
    where = MetadataFilter({"team": "red"})
    for version, (team, before) in enumerate((("red", "blue"), ("blue", "red")), 2):
        held = user("ada", {"team": team}, version)
        view = index.add("staff", "ada", vector(1), replace=True)
        served.publish(view, version, {"ada": held})
        served.directory.put(user("ada", {"team": before}, version))
        for probe in (1, 2):  # near to her, and nearer to everybody else
            query = SearchQuery("staff", vector(probe)[np.newaxis], 1, -1.0, where=where)
            found = [match.user_id for match in served.search(query)[0]]
            assert found == (["ada"] if team == "red" else [])
