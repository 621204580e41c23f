"""The digest that embeddings are bound to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from facesvc.engine.config import EngineConfig
from facesvc.engine.landmark_refinement import REFINEMENT_VERSION
from facesvc.engine.view import ALIGNMENT_VERSION
from facesvc.models.manifest import Manifest, ModelFile, Role
from facesvc.models.prepared_files import EXACT_REWRITES, REWRITES_VERSION


def recognizer_digest(
    manifest: Manifest,
    config: EngineConfig,
    calibration: str = "",
    recognizers_in_int8: Sequence[str] = (),
) -> str:
    """Return the SHA-256, 64 hexadecimal digits, over all that changes an embedding's numbers.

    That is: the detector's and the recognizers' files, rewrites and preprocessing, the
    recognizers' weights and their projection; the detection size, because the
    landmarks and with them the crop depend on it; how photos are decoded; how faces are
    aligned; the precision, and of an int8 detector the ``calibration`` it was made with, a
    digest. ``recognizers_in_int8`` has such a digest for each recognizer, "" for one in float32.
    Not in it: the provider, because CPU and CUDA differ by rounding
    only and replicas of both kinds share a gallery; the models that no embedding passes; the
    pack's name.

    What a pack of one recognizer does not have adds nothing, so that galleries from before there
    were others keep their digest.
    """
    detector = manifest.with_role(Role.DETECTOR)[0]
    recognizers = manifest.with_role(Role.RECOGNIZER)
    parts: dict[str, object] = {
        "alignment": ALIGNMENT_VERSION,
        "canvas": "tight" if config.tight_canvas else "square",
        "cascade": config.cascade,
        "decode_policy": config.decode_policy,
        "detection_size": config.detection_size,
        "detector": _model(detector),
        "precision": f"{config.precision} {calibration}".rstrip(),  # TF32 is off
        "recognizer": _model(recognizers[0]),
        "rewrites": REWRITES_VERSION,
        # OpenVINO computes what is not int8 in bfloat16: other numbers, another gallery.
        "runtime": config.runtime,
    }
    if len(recognizers) > 1:
        parts["recognizers"] = [(_model(model), model.weight) for model in recognizers]
    if any(recognizers_in_int8):
        parts["recognizers_in_int8"] = list(recognizers_in_int8)
    if manifest.projection is not None:
        parts["projection"] = manifest.projection.sha256
    if detector.refined_side:
        parts["refinement"] = [REFINEMENT_VERSION, detector.refined_side]
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _model(model: ModelFile) -> dict[str, object]:
    return {
        "sha256": model.sha256,
        "prepare": [name for name in model.prepare if name not in EXACT_REWRITES],
        "channel_order": model.channel_order,
        "mean": model.mean,
        "std": model.std,
    }
