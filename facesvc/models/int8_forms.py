"""Which models have an int8 form, and how it is made from the original.

Only what was evaluated has one (docs/precision.md, docs/recognizers.md). A detector's activation
ranges may be measured on the spot, because what it finds can be checked then; the others' come
with the code. A change here changes answers: raise REWRITES_VERSION with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.models.manifest import Meaning, ModelFile

_PRELU_STEP = "rewrite_prelu"


@dataclass(frozen=True)
class Int8Form:
    """``steps`` are the rewrites that the quantisation begins with. The first ``exact``
    convolutions stay float32, and those before the outputs unless ``last`` is set. ``moves`` has
    Concat and Split move int8.
    """

    steps: tuple[str, ...]
    exact: int = 0
    last: bool = True
    moves: bool = False


def is_measured_anywhere(model: ModelFile) -> bool:
    """Tell whether the model may run in int8 with ranges that no release brings."""
    return model.output is Meaning.SCRFD


def int8_form(model: ModelFile) -> Int8Form | None:
    """Return how the model becomes int8, None for one that does not."""
    if model.output is Meaning.SCRFD:
        return Int8Form(model.prepare, last=False)
    if model.output is Meaning.EMBEDDING:
        # At the size of SFace's first five layers' maps int8 gains next to nothing, and what it
        # loses there goes through all the others: ten convolutions with those of their PRelu.
        begun = [step for step in model.prepare if step != _PRELU_STEP]
        steps = (*begun, "equalise_channels", "fold_batchnorm", "gemm_as_conv", _PRELU_STEP)
        return Int8Form(steps, exact=10)
    if model.output is Meaning.ANGLE_BINS:
        # To the end of fr_pose's first unit: pooling is ten times as slow in int8 as in float32.
        return Int8Form((*model.prepare, "drop_shuffles"), exact=6, moves=True)
    return None
