"""The packs that `make models` builds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from facesvc.models.files import (
    AGE,
    FR_FEATURE,
    FR_LANDMARK,
    FR_LIVENESS,
    FR_POSE,
    GENDER,
    SCRFD,
    SFACE,
    YUNET,
)
from facesvc.models.manifest import Manifest, Projection
from facesvc.models.pack_names import BuiltIn

# Learned from faces alone, without names: benchmarks/studies/projection.py makes it again.
FUSED_PROJECTION = Projection(
    file="fused_projection.npy",
    sha256="495a4626fa86b155f048e9c626853f633e55a0173d844af96cfd76447cb0b2aa",
    bytes=491648,
    source="facesvc, learned from unlabelled faces",
)
PROJECTION_FILE = Path(__file__).with_name(FUSED_PROJECTION.file)  # copied into the packs

# Of 0.2, 0.3, 0.4 and 0.5 the share with the best TAR at FMR 1e-5 (docs/recognizers.md).
_FUSED = (replace(FR_FEATURE, weight=0.3), replace(SFACE, weight=0.7))
_OTHERS = (FR_POSE, FR_LIVENESS, AGE, GENDER)

_FACEPLUGIN_LICENCE = "MIT (faceplugin). Age, gender: CC0."

OPEN = Manifest(
    name=BuiltIn.OPEN.value,
    licence=(
        "Permissive. Detector: MIT (YuNet). Recognizer: Apache-2.0 (SFace) and MIT (faceplugin). "
        f"Pose, liveness: {_FACEPLUGIN_LICENCE}"
    ),
    models=(YUNET, *_FUSED, *_OTHERS),
    projection=FUSED_PROJECTION,
)

COMPACT = Manifest(
    name=BuiltIn.COMPACT.value,
    licence=(
        "Detector: InsightFace weights, non-commercial research only. Recognizer: Apache-2.0 "
        f"(SFace) and MIT (faceplugin). Pose, liveness: {_FACEPLUGIN_LICENCE}"
    ),
    models=(SCRFD, *_FUSED, *_OTHERS),
    projection=FUSED_PROJECTION,
)

# The compact pack of the first release, for galleries that were made with it.
COMPACT_SINGLE = Manifest(
    name=BuiltIn.COMPACT_SINGLE.value,
    licence=(
        "Detector: InsightFace weights, non-commercial research only. Recognizer, pose, "
        f"landmarks, liveness: {_FACEPLUGIN_LICENCE}"
    ),
    models=(SCRFD, FR_FEATURE, *_OTHERS, FR_LANDMARK),
)

BUILT_IN = {pack.name: pack for pack in (OPEN, COMPACT, COMPACT_SINGLE)}
