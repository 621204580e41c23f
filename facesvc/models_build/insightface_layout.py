"""Reads the roles out of a folder of ONNX files laid out as InsightFace's packs are.

InsightFace's router tells models apart by their shapes; the same shapes decide here, once,
and the result is written as a manifest that pins every file from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
from insightface.addons.liveness import DEFAULT_THRESHOLD
from insightface.model_zoo.arcface_onnx import ArcFaceONNX
from insightface.model_zoo.attribute import Attribute
from insightface.model_zoo.landmark import Landmark
from insightface.model_zoo.scrfd import SCRFD

from facesvc.models.checksum import sha256_of
from facesvc.models.manifest import Crop, Manifest, Meaning, ModelFile, Role
from facesvc.models.pack_errors import PackError

WEIGHTS_LICENCE = "InsightFace weights: non-commercial research only"
UNKNOWN_LICENCE = "Not stated: see where the files came from"


@dataclass(frozen=True)
class Shape:
    """``input_size`` is the square input's side, None when free or not square."""

    inputs: int
    input_size: int | None
    outputs: int
    output_width: int | None
    output_rank: int


@dataclass(frozen=True)
class Kind:
    """One row of the table: which shapes, and what such a model is."""

    fits: Callable[[Shape], bool]
    roles: tuple[Role, ...]
    crop: Crop
    crop_scale: float
    output: Meaning
    model_class: type[Any] | None  # None: the normalisation is ``fixed``
    fixed: tuple[float, float] = (0.0, 1.0)
    threshold: float = 0.5


# The order and the conditions of insightface.model_zoo.ModelRouter; the 1.5 is Landmark.get's
# and Attribute.get's. Outputs: 3309 = (68 + 1035) points in space, 212 = 106 in the plane.
KINDS = (
    Kind(
        lambda s: s.outputs in (9, 15),
        (Role.DETECTOR,),
        Crop.LETTERBOX,
        1.0,
        Meaning.SCRFD,
        SCRFD,
    ),
    Kind(
        lambda s: s.input_size == 192 and s.output_width == 3309,
        (Role.POSE,),
        Crop.SQUARE,
        1.5,
        Meaning.LANDMARKS_3D,
        Landmark,
    ),
    Kind(
        lambda s: s.input_size == 192 and s.output_width == 212,
        (Role.LANDMARKS,),
        Crop.SQUARE,
        1.5,
        Meaning.POINTS,
        Landmark,
    ),
    Kind(
        lambda s: s.input_size == 96 and s.output_width == 3,
        (Role.AGE, Role.GENDER),
        Crop.SQUARE,
        1.5,
        Meaning.GENDER_AGE,
        Attribute,
    ),
    Kind(
        lambda s: s.input_size == 112 and s.inputs == 1 and s.output_width == 512,
        (Role.RECOGNIZER,),
        Crop.ARCFACE,
        1.0,
        Meaning.EMBEDDING,
        ArcFaceONNX,
    ),
    # insightface.addons.liveness.Liveness: RGB / 255, one probability, DEFAULT_THRESHOLD.
    Kind(
        lambda s: s.input_size == 80 and s.output_rank == 1,
        (Role.LIVENESS,),
        Crop.LIVENESS_ADDON,
        1.0,
        Meaning.LIVE_PROBABILITY,
        None,
        (0.0, 255.0),
        DEFAULT_THRESHOLD,
    ),
)


def read_layout(folder: Path, name: str, licence: str, source: str) -> Manifest:
    """Return the manifest of the folder as it is now; the first file of a role counts.

    Raises PackError when a file is no ONNX model or a role that a pack needs is missing.
    """
    models: list[ModelFile] = []
    taken: set[Role] = set()
    for path in sorted(folder.glob("*.onnx")):
        model = _model(path, licence, source)
        if model is not None and not taken.intersection(model.roles):
            taken.update(model.roles)
            models.append(model)
    try:
        return Manifest(name=name, licence=licence, models=tuple(models))
    except ValueError as error:
        files = sorted(path.name for path in folder.glob("*.onnx"))
        raise PackError(f"{folder}: {error}; its ONNX files are {files}") from error


def _model(path: Path, licence: str, source: str) -> ModelFile | None:
    data = path.read_bytes()
    try:
        shape = _shape(onnx.load_model_from_string(data))
    except Exception as error:  # protobuf and onnx raise many kinds for a broken file
        raise PackError(f"{path}: is no ONNX model: {error}") from error
    kind = next((kind for kind in KINDS if kind.fits(shape)), None)
    if kind is None:
        return None
    mean, std = _normalisation(path, kind)
    return ModelFile(
        file=path.name,
        roles=kind.roles,
        sha256=sha256_of(data),
        bytes=len(data),
        source=source,
        licence=licence,
        input_size=shape.input_size,
        channel_order="RGB",  # every InsightFace class feeds RGB
        mean=(mean,) * 3,
        std=(std,) * 3,
        crop=kind.crop,
        crop_scale=kind.crop_scale,
        output=kind.output,
        threshold=kind.threshold,
        prepare=_prepare(kind, shape),
    )


def _prepare(kind: Kind, shape: Shape) -> tuple[str, ...]:
    if Role.DETECTOR not in kind.roles:
        return ()
    return ("free_input_size", "merge_siblings") if shape.input_size else ("merge_siblings",)


def _shape(model: onnx.ModelProto) -> Shape:
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]
    dims = [dim.dim_value for dim in inputs[0].type.tensor_type.shape.dim]
    square = len(dims) == 4 and dims[2] == dims[3] and dims[2] > 0
    last = model.graph.output[0].type.tensor_type.shape.dim
    return Shape(
        inputs=len(inputs),
        input_size=dims[2] if square else None,
        outputs=len(model.graph.output),
        output_width=last[-1].dim_value if last else None,
        output_rank=len(last),
    )


def _normalisation(path: Path, kind: Kind) -> tuple[float, float]:
    """Ask InsightFace's class: it knows which exports subtract the mean themselves."""
    if kind.model_class is None:
        return kind.fixed
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        model = kind.model_class(model_file=str(path), session=session)
    except Exception as error:  # ONNX Runtime's exceptions have no common base
        raise PackError(f"{path}: ONNX Runtime cannot load it: {error}") from error
    return float(model.input_mean), float(model.input_std)
