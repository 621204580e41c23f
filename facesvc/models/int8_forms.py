"""Which models have an int8 form, and from which graph it is made.

Only what was evaluated has one (docs/precision.md). A detector's activation ranges may be measured
on the spot, because what it finds can be checked then; a recognizer's come with the code.
"""

from __future__ import annotations

from facesvc.models.manifest import Meaning, ModelFile

# Of SFace: at the size of the first five layers' maps int8 gains next to nothing, and what it loses
# there goes through all the others. With the convolutions that stand for their PRelu.
RECOGNIZER_EXACT = 10

_PRELU_STEP = "rewrite_prelu"
# Channels of like size, no normalisation beside the convolutions, one layout from end to end.
_RECOGNIZER_STEPS = ("equalise_channels", "fold_batchnorm", "gemm_as_conv", _PRELU_STEP)


def is_measured_anywhere(model: ModelFile) -> bool:
    """Tell whether the model may run in int8 with ranges that no release brings."""
    return model.output is Meaning.SCRFD


def steps_before_int8(model: ModelFile) -> tuple[str, ...] | None:
    """Return the rewrites that the quantisation begins with, None for a model without int8 form."""
    if model.output is Meaning.SCRFD:
        return model.prepare
    if model.output is Meaning.EMBEDDING:
        return (*(step for step in model.prepare if step != _PRELU_STEP), *_RECOGNIZER_STEPS)
    return None
