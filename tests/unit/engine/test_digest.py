"""The digest that galleries are bound to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from facesvc.engine import digest as module
from facesvc.engine.config import EngineConfig, Precision, Runtime
from facesvc.engine.digest import recognizer_digest
from facesvc.models.builtin import COMPACT_SINGLE
from facesvc.models.manifest import Manifest, ModelFile, Projection, Role
from facesvc.models.pack import Pack

DETECTOR = COMPACT_SINGLE.with_role(Role.DETECTOR)[0]
RECOGNIZER = COMPACT_SINGLE.with_role(Role.RECOGNIZER)[0]
OTHER_HASH = "0" * 64
CONFIG = EngineConfig()


def pack_of(detector: ModelFile = DETECTOR, recognizer: ModelFile = RECOGNIZER) -> Manifest:
    """Return a pack of nothing but what the digest is about."""
    return Manifest("pack", "licence", (detector, recognizer))


BASE = recognizer_digest(pack_of(), EngineConfig())


def test_the_digest_is_a_sha256_and_repeats() -> None:
    """The same models and settings give the same digest in every process."""
    assert len(BASE) == 64
    assert recognizer_digest(pack_of(), EngineConfig()) == BASE


@pytest.mark.parametrize(
    ("detector", "recognizer", "config"),
    [
        (replace(DETECTOR, sha256=OTHER_HASH), RECOGNIZER, EngineConfig()),
        (replace(DETECTOR, refined_side=256), RECOGNIZER, EngineConfig()),
        (DETECTOR, replace(RECOGNIZER, sha256=OTHER_HASH), EngineConfig()),
        (DETECTOR, replace(RECOGNIZER, channel_order="RGB"), EngineConfig()),
        (DETECTOR, replace(RECOGNIZER, mean=(0.0, 0.0, 0.0)), EngineConfig()),
        (DETECTOR, replace(RECOGNIZER, prepare=()), EngineConfig()),
        (DETECTOR, RECOGNIZER, EngineConfig(detection_size=320)),
        (DETECTOR, RECOGNIZER, EngineConfig(decode_policy="reduced/1")),
        (DETECTOR, RECOGNIZER, EngineConfig(precision=Precision.INT8)),
        (DETECTOR, RECOGNIZER, EngineConfig(tight_canvas=False)),
        (DETECTOR, RECOGNIZER, EngineConfig(cascade=True)),
        (DETECTOR, RECOGNIZER, EngineConfig(runtime=Runtime.OPENVINO)),
    ],
)
def test_whatever_changes_an_embedding_changes_the_digest(
    detector: ModelFile, recognizer: ModelFile, config: EngineConfig
) -> None:
    """Embeddings of different numbers never meet in one gallery."""
    assert recognizer_digest(pack_of(detector, recognizer), config) != BASE


def test_each_part_of_a_joined_recognizer_changes_the_digest() -> None:
    """The second model, the weights and the projection are as much of it as the first model."""

    def digest(weight: float, second: str, projection: str) -> str:
        models = (
            replace(RECOGNIZER, weight=weight),
            replace(RECOGNIZER, file="second.onnx", sha256=second, weight=1 - weight),
        )
        joint = Projection("p.npy", projection, 1, "here")
        joined = Manifest("pack", "licence", (DETECTOR, *models), joint)
        return recognizer_digest(joined, CONFIG)

    variants = [(0.3, "1" * 64, "2" * 64), (0.4, "1" * 64, "2" * 64)]
    variants += [(0.3, "3" * 64, "2" * 64), (0.3, "1" * 64, "4" * 64)]
    assert len({BASE, *(digest(*variant) for variant in variants)}) == 5


def test_an_int8_recognizer_changes_the_digest() -> None:
    """So does another calibration of it; a recognizer in float32 adds nothing to an int8 detector's
    digest, which galleries of the compact-single pack have.
    """
    config = EngineConfig(precision=Precision.INT8)

    def digest(*recognizers: str) -> str:
        return recognizer_digest(pack_of(), config, "a", recognizers)

    assert digest("") == digest("", "") == recognizer_digest(pack_of(), config, "a")
    assert len({digest(""), digest("b"), digest("c"), digest("", "b"), digest("b", "")}) == 5


def test_another_calibration_changes_the_digest() -> None:
    """Two int8 detectors of one original are two detectors."""
    config = EngineConfig(precision=Precision.INT8)
    first, second = (recognizer_digest(pack_of(), config, name) for name in "ab")
    assert first != second


def test_a_new_alignment_changes_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The crop is as much of the embedding as the model."""
    monkeypatch.setattr(module, "ALIGNMENT_VERSION", "other/1")
    assert recognizer_digest(pack_of(), EngineConfig()) != BASE


@pytest.mark.parametrize("config", [EngineConfig(use_gpu=True), EngineConfig(intra_op_threads=4)])
def test_where_it_is_computed_does_not_change_the_digest(config: EngineConfig) -> None:
    """Replicas with and without a GPU share a gallery."""
    assert recognizer_digest(pack_of(), config) == BASE


def test_names_and_licences_do_not_change_the_digest() -> None:
    """Renaming a file or rewording its source costs nobody a new enrolment."""
    renamed = replace(RECOGNIZER, file="r.onnx", source="elsewhere", licence="other")
    assert recognizer_digest(pack_of(DETECTOR, renamed), EngineConfig()) == BASE


def test_exact_rewrites_do_not_change_the_digest() -> None:
    """Rounding in another order costs nobody a new enrolment, whichever steps a release adds."""
    more = replace(RECOGNIZER, prepare=("flush_tiny_weights", *RECOGNIZER.prepare, "fit_channels"))
    assert recognizer_digest(pack_of(DETECTOR, more), EngineConfig()) == BASE


def test_the_default_digest_is_the_one_that_galleries_have() -> None:
    """Whoever changes it makes every gallery be enrolled anew: on purpose, then, and said in the
    CHANGELOG.
    """
    assert BASE == "b981b888844d39264525fec792981915db799076b0a8794abb453f964a4b28bc"


def test_an_int8_pose_model_leaves_the_digest_of_compact_single_as_galleries_have_it() -> None:
    """No embedding passes it; the pack's only recognizer stays in float32."""
    pack = Pack(Path("models/compact-single"), COMPACT_SINGLE)
    assert pack.runs_in_int8(COMPACT_SINGLE.with_role(Role.POSE)[0])
    ranges = [pack.int8_digest(model) for model in (DETECTOR, RECOGNIZER)]
    config = EngineConfig(precision=Precision.INT8)
    digest = recognizer_digest(COMPACT_SINGLE, config, ranges[0], ranges[1:])
    assert digest == "414ad511c2105e6dabfa3ee4ef9ccb5bf90c8d0ad76a3d36fbeb07cf35f251ae"
