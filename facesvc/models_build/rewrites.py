"""Graph rewrites that a manifest asks for by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import onnx

from facesvc.models_build.graph.batch import free_batch
from facesvc.models_build.graph.batchnorm import fold_batchnorm
from facesvc.models_build.graph.channels import fit_channels
from facesvc.models_build.graph.equalise import equalise_channels
from facesvc.models_build.graph.gemm import gemm_as_conv
from facesvc.models_build.graph.input_size import free_input_size
from facesvc.models_build.graph.prelu import rewrite_prelu
from facesvc.models_build.graph.shuffles import drop_shuffles
from facesvc.models_build.graph.siblings import merge_siblings
from facesvc.models_build.graph.tiny_weights import flush_tiny_weights
from facesvc.models_build.graph.weights import fold_weights

FOLD_STEP = "fold_weights"

REWRITES: dict[str, Callable[[onnx.ModelProto], onnx.ModelProto]] = {
    "drop_shuffles": drop_shuffles,
    "equalise_channels": equalise_channels,
    "fit_channels": fit_channels,
    "flush_tiny_weights": flush_tiny_weights,
    FOLD_STEP: fold_weights,
    "fold_batchnorm": fold_batchnorm,
    "free_batch": free_batch,
    "gemm_as_conv": gemm_as_conv,
    "merge_siblings": merge_siblings,
    "free_input_size": free_input_size,
    "rewrite_prelu": rewrite_prelu,
}


def prepared(data: bytes, names: Sequence[str]) -> bytes:
    """Return the serialised model with the named rewrites applied in order.

    Raises GraphRewriteError when a rewrite does not fit the graph.
    """
    if not names:
        return data
    model = onnx.load_model_from_string(data)
    for name in names:
        model = REWRITES[name](model)
    return bytes(model.SerializeToString())
