"""The index against brute force, over random histories, sizes, thresholds and top_k."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from facesvc.domain.similarity import SAME
from facesvc.gallery.index import exact, rows, scan
from facesvc.gallery.index.exact import ExactIndex
from facesvc.gallery.index.port import Hit
from facesvc.gallery.index.rows import Rows
from facesvc.gallery.stores.port import SampleBlock

Model = dict[str, list[NDArray[np.float32]]]

operations = st.lists(
    st.tuples(
        st.sampled_from(["add", "replace", "remove"]),
        st.integers(0, 11),  # user
        st.integers(0, 30),  # vector: few, so that equal scores happen
    ),
    max_size=60,
)


def _vectors(seed: int, count: int) -> NDArray[np.float32]:
    """Return unit vectors in tight families, so that rounding decides many comparisons; of some
    seeds most of them hold little beyond their first 256 numbers, of some of these nothing before
    the 128th.
    """
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((4, 512))
    raw = centres[np.arange(count) % 4] + rng.choice([1e-7, 1e-3, 0.5]) * rng.standard_normal(
        (count, 512)
    )
    if seed % 3:
        raw[: count - seed % 3 + 1, 256:] *= rng.choice([0.0, 1e-3, 0.2])
        raw[:, :128] *= rng.choice([0.0, 0.1, 1.0, 4.0])
    vectors: NDArray[np.float32] = (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(
        np.float32
    )
    return vectors


def _brute_force(
    model: Model, probe: NDArray[np.float32], top_k: int, threshold: float
) -> list[Hit]:
    hits = []
    for user_id, vectors in model.items():
        wide = np.stack(vectors).astype(np.float64)
        cosines = [float(np.clip(row @ probe.astype(np.float64), -1, 1)) for row in wide]
        best = float(np.float32(1.0 if max(cosines) >= SAME else max(cosines)))
        if np.float32(best) >= np.float32(threshold):
            hits.append(Hit(user_id, best))
    return sorted(hits, key=lambda hit: (-hit.similarity, hit.user_id))[:top_k]


def _apply(model: Model, operation: str, user_id: str, vector: NDArray[np.float32]) -> None:
    if operation == "remove":
        model.pop(user_id, None)
    elif operation == "replace":
        model[user_id] = [vector]
    else:
        model.setdefault(user_id, []).append(vector)


@pytest.mark.parametrize(
    ("int8_from", "gathered_share"),
    [(0, 0.08), (0, 2.0), (0, -1.0), (10**9, 0.08)],
    ids=["int8", "int8, later codes gathered", "int8, later codes in order", "float32"],
)
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    history=operations,
    seed=st.integers(0, 2**32 - 1),
    top_k=st.integers(1, 15),
    threshold=st.one_of(st.floats(-1, 1), st.just(-1.0), st.just(0.45)),
)
def test_search_gives_the_same_users_order_and_scores_as_brute_force(
    monkeypatch: pytest.MonkeyPatch,
    int8_from: int,
    gathered_share: float,
    history: list[tuple[str, int, int]],
    seed: int,
    top_k: int,
    threshold: float,
) -> None:
    """Any history of writes, with compaction as often as possible, answers exactly."""
    monkeypatch.setattr(exact, "INT8_FROM_ROWS", int8_from)
    monkeypatch.setattr(exact, "_COMPACT_FROM_ROWS", 4)
    monkeypatch.setattr(rows, "FIRST_BLOCK_ROWS", 2)
    monkeypatch.setattr(scan, "_SCORES_AT_ONCE", 12)  # three rows of four probes
    monkeypatch.setattr(scan, "_GATHERED_SHARE", gathered_share)
    vectors = _vectors(seed, 31)
    index, model = ExactIndex(), Model()
    view = index.empty("c")
    for operation, user, number in history:
        user_id = f"user-{user}"
        if operation == "remove":
            view = index.remove("c", user_id)
        else:
            view = index.add("c", user_id, vectors[number], replace=operation == "replace")
        _apply(model, operation, user_id, vectors[number])
    probes = np.concatenate([vectors[:2], _vectors(seed + 1, 2)])
    expected = [_brute_force(model, probe, top_k, threshold) for probe in probes]
    assert view.search(probes, top_k, threshold) == expected
    assert view.samples == sum(map(len, model.values()))
    for user in range(12):
        best = view.similarity(f"user-{user}", probes[0])
        hit = [h for h in _brute_force(model, probes[0], 99, -1) if h.user_id == f"user-{user}"]
        assert best == (hit[0].similarity if hit else None)


def _spiky(raw: NDArray[np.float32], rng: np.random.Generator) -> None:
    raw[::3, rng.integers(0, 512)] += 60


def _duplicates(raw: NDArray[np.float32], rng: np.random.Generator) -> None:
    raw[1::2] = raw[0]


def _narrow(raw: NDArray[np.float32], rng: np.random.Generator) -> None:
    raw[:, 256:] *= rng.uniform(0, 0.25, (len(raw), 1))


def _narrow_duplicates(raw: NDArray[np.float32], rng: np.random.Generator) -> None:
    raw[:, 256:] = 0
    raw[1::2] = raw[0]


def _narrow_then_wide(raw: NDArray[np.float32], rng: np.random.Generator) -> None:
    raw[: len(raw) // 2, 256:] *= 0.1


def _like_faces(raw: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Deviations that fall off as the default pack's do, around a face in the middle."""
    raw *= np.interp(np.arange(512), [0, 100, 150, 250, 300], [0.11, 0.06, 0.03, 0.015, 0])
    raw[:, 0] -= 0.27


def _later_half(raw: NDArray[np.float32], rng: np.random.Generator) -> None:
    """What every search reads tells nothing, or little."""
    raw[:, 256:] = 0
    raw[:, :128] *= rng.choice([0, 0, 0.05, 1], (len(raw), 1))


def _one_number(raw: NDArray[np.float32], rng: np.random.Generator) -> None:
    """One number that is not zero, of 256: thousands of equal scores, of 0, 1 and -1."""
    raw[:] = 0
    raw[np.arange(len(raw)), rng.integers(0, 256, len(raw))] = rng.choice([-1, 1], len(raw))


SHAPES: dict[str, Callable[[NDArray[np.float32], np.random.Generator], None]] = {
    "random": lambda raw, rng: None,
    "spiky": _spiky,
    "duplicates": _duplicates,
    "narrow": _narrow,
    "narrow duplicates": _narrow_duplicates,
    "narrow, then wide": _narrow_then_wide,
    "like faces": _like_faces,
    "later half": _later_half,
    "one number": _one_number,
}


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    people=st.integers(1, 3000),
    top_k=st.sampled_from([1, 5, 100]),
    threshold=st.sampled_from([-1.0, 0.0, 0.1, 0.45]),
    shape=st.sampled_from([*SHAPES]),
)
def test_int8_scan_loses_nothing_at_the_size_where_it_is_used(
    seed: int, people: int, top_k: int, threshold: float, shape: str
) -> None:
    """Thousands of rows over several blocks, vectors that quantise badly among them."""
    rng = np.random.default_rng(seed)
    raw = rng.standard_normal((people + 1500, 512)).astype(np.float32)
    SHAPES[shape](raw, rng)
    raw /= np.linalg.norm(raw, axis=1, keepdims=True)
    owners = [f"user-{rng.integers(0, people)}" for _ in raw]
    views = ExactIndex().reset([SampleBlock("c", owners, raw)])
    model = Model()
    for owner, vector in zip(owners, raw, strict=True):
        model.setdefault(owner, []).append(vector)
    probe = raw[3] if "duplicates" in shape else raw[0] * 0.5 + raw[1]
    probe = (probe / np.linalg.norm(probe)).astype(np.float32)
    found = views["c"].search(probe[np.newaxis], top_k, threshold)
    assert found == [_brute_force(model, probe, top_k, threshold)]


def test_the_first_numbers_are_scanned_where_they_tell_most() -> None:
    """A quarter of the bytes is read for every row, until rows come that differ beyond half."""
    rng = np.random.default_rng(0)
    wide = rng.standard_normal((60, 512)).astype(np.float32)
    narrow = wide * np.where(np.arange(512) < 256, 1, 0.1).astype(np.float32)
    index = Rows()
    for vectors in (narrow[:20], wide[20:40], narrow[40:]):
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        index.load([f"user-{number}" for number in range(index.total, index.total + 20)], unit)
    assert [(block.codes.shape[1], block.later.shape[1]) for block in index.blocks] == [
        (128, 128),
        (512, 0),
    ]
    assert [extent.rows for extent in index.extents()] == [20, 40]


@pytest.mark.parametrize(
    ("place", "rest", "first", "lead"),
    [(300, 0.29, 0.6, 0.07), (200, 0.29, 0.6, 0.07), (200, 0.9, 0.05, 0.1), (200, 0.999, 0, 1e-3)],
    ids=["beyond the codes", "in later codes", "mostly in later codes", "in later codes alone"],
)
def test_what_the_other_numbers_can_add_is_never_cut_off(
    monkeypatch: pytest.MonkeyPatch, place: int, rest: float, first: float, lead: float
) -> None:
    """Everybody beats the right one by the first numbers, and only the others tell."""
    monkeypatch.setattr(exact, "INT8_FROM_ROWS", 0)
    rng = np.random.default_rng(1)

    def row(dot: float, sign: float) -> NDArray[np.float32]:
        """Return a unit vector with this dot product over the first numbers."""
        vector = rng.standard_normal(512)
        vector[128:] = 0
        vector[0] = 0
        vector *= np.sqrt(1 - rest**2 - dot**2 / (1 - rest**2)) / np.linalg.norm(vector)
        vector[0], vector[place] = dot / np.sqrt(1 - rest**2), sign * rest
        return vector.astype(np.float32)

    probe = np.zeros(512, np.float32)
    probe[0], probe[place] = np.sqrt(1 - rest**2), rest
    index = ExactIndex()
    for number in range(30):
        index.add("c", f"other-{number}", row(first + lead, -1), replace=False)
    view = index.add("c", "right", row(first, 1), replace=False)
    assert {extent.block.width for extent in view.extents} == {256}
    (hits,) = view.search(probe[np.newaxis], 1, 0.45)
    assert [hit.user_id for hit in hits] == ["right"]


@pytest.mark.parametrize("numbers", [slice(1, 128), slice(128, 256)], ids=["first", "later"])
def test_what_rounding_took_is_never_cut_off(
    monkeypatch: pytest.MonkeyPatch, numbers: slice
) -> None:
    """All that a face shares with the probe is less than half a step of its codes."""
    monkeypatch.setattr(exact, "INT8_FROM_ROWS", 0)
    face = np.zeros(512)
    face[0], face[numbers] = 127, 0.49
    probe = np.zeros(512)
    probe[numbers] = 1
    unit = [(vector / np.linalg.norm(vector)).astype(np.float32) for vector in (face, probe)]
    view = ExactIndex().add("c", "right", unit[0], replace=False)
    assert not view.extents[0].block.codes[0, 1:].any()
    assert not view.extents[0].block.later[0].any()
    ((hit,),) = view.search(unit[1][np.newaxis], 1, 0.04)
    assert hit.user_id == "right"
