"""Prepared variants on disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from facesvc.models.pack_errors import PackError
from facesvc.models.prepared_files import Recipe, read_variant
from facesvc.models_build.keep_variants import Made, refuse, refuse_unless, variant

RECIPE = Recipe("scrfd.onnx", "a" * 64, ("free_input_size",), version=1)


class Maker:
    """Makes a new variant each time and counts."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> Made:
        self.made += 1
        return Made(f"model {self.made}".encode(), {"outputs": 1e-6})


def test_a_variant_is_made_once_and_read_again(tmp_path: Path) -> None:
    """The second start finds what the first one made."""
    make = Maker()
    assert variant(tmp_path, RECIPE, make) == b"model 1"
    assert variant(tmp_path, RECIPE, make) == b"model 1"
    assert make.made == 1


def test_the_manifest_says_what_was_done_and_the_difference(tmp_path: Path) -> None:
    """An operator can see which original it is of, and how far it is from it."""
    variant(tmp_path, RECIPE, Maker())
    record = json.loads((tmp_path / "manifest.json").read_text())["variants"]
    assert record["scrfd.float32.onnx"]["recipe"]["steps"] == ["free_input_size"]
    assert record["scrfd.float32.onnx"]["recipe"]["original_sha256"] == "a" * 64
    assert record["scrfd.float32.onnx"]["difference"] == {"outputs": 1e-6}


@pytest.mark.parametrize(
    "other",
    [
        replace(RECIPE, original_sha256="b" * 64),
        replace(RECIPE, steps=()),
        replace(RECIPE, version=2),
        replace(RECIPE, onnxruntime="0.0"),
    ],
)
def test_another_recipe_makes_the_variant_anew(tmp_path: Path, other: Recipe) -> None:
    """What was made of another original, in another way or by another version is not used."""
    make = Maker()
    variant(tmp_path, RECIPE, make)
    assert variant(tmp_path, other, make) == b"model 2"


def test_int8_and_float32_lie_side_by_side(tmp_path: Path) -> None:
    """Changing the precision back and forth makes nothing anew."""
    make, int8 = Maker(), replace(RECIPE, calibration="c" * 64)
    assert [variant(tmp_path, r, make) for r in (RECIPE, int8, RECIPE, int8)] == [
        b"model 1",
        b"model 2",
    ] * 2


def test_a_changed_variant_is_refused(tmp_path: Path) -> None:
    """A file that is not the one that was checked is not run."""
    variant(tmp_path, RECIPE, Maker())
    (tmp_path / RECIPE.file).write_bytes(b"other")
    with pytest.raises(PackError, match="SHA-256"):
        variant(tmp_path, RECIPE, Maker())


def test_a_broken_manifest_costs_only_the_making(tmp_path: Path) -> None:
    """An interrupted disk does not stop the service."""
    make = Maker()
    variant(tmp_path, RECIPE, make)
    (tmp_path / "manifest.json").write_text("{")
    assert variant(tmp_path, RECIPE, make) == b"model 2"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Nothing is prepared in memory, where the next process would not find it."""
    (tmp_path / "folder").write_text("a file where the folder would be")
    with pytest.raises(PackError, match="folder cannot be written"):
        variant(tmp_path / "folder", RECIPE, Maker())


def test_a_variant_that_a_model_has_not_is_not_tried_again(tmp_path: Path) -> None:
    """Whoever reads learns why; another recipe is tried all the same."""
    refuse(tmp_path, RECIPE, "cannot take batches")
    with pytest.raises(PackError, match="cannot take batches"):
        read_variant(tmp_path, RECIPE)
    assert read_variant(tmp_path, replace(RECIPE, version=2)) is None


def test_too_great_a_difference_is_refused_with_its_name() -> None:
    """A variant that is not as good as its original is not used."""
    refuse_unless("m", {"faces lost": 0.0}, {"faces lost": 0.0})
    with pytest.raises(PackError, match="faces lost"):
        refuse_unless("m", {"faces lost": 1.0}, {"faces lost": 0.0})
    with pytest.raises(PackError, match="faces lost"):
        refuse_unless("m", {"faces lost": float("nan")}, {"faces lost": 0.0})
