"""Manifests: what is written is read again, and what is wrong is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from facesvc.models.builtin import COMPACT_SINGLE
from facesvc.models.manifest import MANIFEST_FILE, Manifest, Projection, Role
from facesvc.models.manifest_json import read_manifest, write_manifest
from facesvc.models.pack_errors import PackError

Edit = Callable[[dict[str, Any]], None]


def set_model(name: str, value: object) -> Edit:
    """Return an edit of the first model's field."""

    def edit(document: dict[str, Any]) -> None:
        document["models"][0][name] = value

    return edit


def drop_model_field(name: str) -> Edit:
    """Return an edit that removes a field of the first model."""

    def edit(document: dict[str, Any]) -> None:
        del document["models"][0][name]

    return edit


def set_top(name: str, value: object) -> Edit:
    """Return an edit of a field of the whole."""

    def edit(document: dict[str, Any]) -> None:
        document[name] = value

    return edit


def test_a_written_manifest_is_read_again_unchanged(tmp_path: Path) -> None:
    """Every field of the compact pack survives JSON."""
    write_manifest(COMPACT_SINGLE, tmp_path / MANIFEST_FILE)
    assert read_manifest(tmp_path / MANIFEST_FILE) == COMPACT_SINGLE


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (set_top("format", "other"), "is not a facesvc manifest"),
        (set_top("models", {}), "models is not a list"),
        (set_top("licence", 3), "licence is not a str"),
        (set_top("models", []), "exactly one model with the role detector"),
        (drop_model_field("sha256"), r"missing \['sha256'\]"),
        (set_model("sha256", "abc"), "sha256 is not 64"),
        (set_model("colour", "RGB"), r"unknown \['colour'\]"),
        (set_model("roles", ["singer"]), "'singer' is not a valid Role"),
        (set_model("roles", []), "roles is empty"),
        (set_model("crop", "oval"), "'oval' is not a valid Crop"),
        (set_model("mean", [1.0]), "mean and std need 3 numbers"),
        (set_model("std", [1, 1, 0]), "std none of them 0"),
        (set_model("channel_order", "HSV"), "channel_order 'HSV'"),
        (set_model("input_size", "big"), "input_size is not a int"),
        (set_model("input_size", True), "input_size is not a int"),
        (set_model("file", "../../etc/passwd"), "is not a plain file name"),
        (set_model("threshold", 2), "threshold is outside 0 to 1"),
        (set_model("weight", 0), "weight is not above 0"),
        (set_model("refined_side", 100), "refined_side is not a multiple of 32"),
        (set_top("projection", {}), r"projection .*missing \['bytes'"),
        (set_top("projection", "p.npy"), "projection is not an object"),
    ],
)
def test_a_wrong_manifest_is_refused_with_file_and_reason(
    tmp_path: Path, edit: Edit, reason: str
) -> None:
    """The message names the manifest and what is wrong in it."""
    path = tmp_path / MANIFEST_FILE
    write_manifest(COMPACT_SINGLE, path)
    document = json.loads(path.read_text())
    edit(document)
    path.write_text(json.dumps(document))
    with pytest.raises(PackError, match=reason) as caught:
        read_manifest(path)
    assert str(path) in str(caught.value)


def test_text_that_is_no_json_is_refused(tmp_path: Path) -> None:
    """A truncated manifest is an error with the file's name."""
    path = tmp_path / MANIFEST_FILE
    path.write_text('{"format": "facesvc-p')
    with pytest.raises(PackError, match="cannot be read as JSON"):
        read_manifest(path)


def test_two_models_cannot_both_be_the_age_model() -> None:
    """Only liveness may be asked of several models."""
    age = COMPACT_SINGLE.with_role(Role.AGE)[0]
    with pytest.raises(ValueError, match="more than one model has the role age"):
        Manifest("x", "x", (*COMPACT_SINGLE.models, replace(age, file="other.onnx")))


def test_liveness_models_share_one_threshold() -> None:
    """Their mean decides, so two thresholds would have no meaning."""
    liveness = COMPACT_SINGLE.with_role(Role.LIVENESS)[0]
    other = replace(liveness, file="other.onnx", threshold=0.9)
    with pytest.raises(ValueError, match="differ in their threshold"):
        Manifest("x", "x", (*COMPACT_SINGLE.models, other))


def joined(projection: Projection | None, *weights: float) -> Manifest:
    """Return a pack of several recognizers."""
    models = [model for model in COMPACT_SINGLE.models if Role.RECOGNIZER not in model.roles]
    recognizer = COMPACT_SINGLE.with_role(Role.RECOGNIZER)[0]
    parts = [replace(recognizer, file=f"{w}.onnx", weight=w) for w in weights]
    return Manifest("x", "x", (*models, *parts), projection)


PROJECTION = Projection("p.npy", "0" * 64, 7, "here")


def test_several_recognizers_and_their_projection_survive_json(tmp_path: Path) -> None:
    """The order of the models stays: the projection's rows follow it."""
    manifest = joined(PROJECTION, 0.3, 0.7)
    write_manifest(manifest, tmp_path / MANIFEST_FILE)
    assert read_manifest(tmp_path / MANIFEST_FILE) == manifest


def test_several_recognizers_need_weights_of_one_and_a_projection() -> None:
    """Cosines of other weights would not reach 1, and embeddings have 512 numbers everywhere."""
    with pytest.raises(ValueError, match="do not add up to 1"):
        joined(PROJECTION, 0.3, 0.6)
    with pytest.raises(ValueError, match="need a projection"):
        joined(None, 0.3, 0.7)
    with pytest.raises(ValueError, match="not a plain file name"):
        replace(PROJECTION, file="../p.npy")
