"""The manifest of a model pack: what each file is for and how it wants to be fed.

The engine works from these roles alone; no file name appears in its code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePath

FORMAT = "facesvc-pack/1"
MANIFEST_FILE = "manifest.json"
DETECTOR_STRIDE = 32  # the coarsest of SCRFD and YuNet


class Role(StrEnum):
    """What a model is for. A pack needs the first two; RECOGNIZER and LIVENESS may occur
    several times.
    """

    DETECTOR = "detector"
    RECOGNIZER = "recognizer"
    POSE = "pose"
    AGE = "age"
    GENDER = "gender"
    LIVENESS = "liveness"
    LANDMARKS = "landmarks"  # carried and checked, used by no call


class Crop(StrEnum):
    """How the model's input is cut from the photo.

    LETTERBOX: the whole photo, scaled into the input's top-left corner (detectors).
    ARCFACE: the five landmarks moved to the ArcFace template (InsightFace norm_crop).
    BOX: the box enlarged by ``scale``, clipped at the photo's edges.
    BOX_INSIDE: the same, but moved back inside the photo first (Silent-Face).
    SQUARE: a square of ``scale`` times the longer side, centred (InsightFace transform).
    DLIB_CHIP: the landmarks moved to dlib's mean face with ``padding`` around it.
    LIVENESS_ADDON: the template of InsightFace's liveness addon.
    """

    LETTERBOX = "letterbox"
    ARCFACE = "arcface"
    BOX = "box"
    BOX_INSIDE = "box_inside"
    SQUARE = "square"
    DLIB_CHIP = "dlib_chip"
    LIVENESS_ADDON = "liveness_addon"


class Meaning(StrEnum):
    """What the outputs say.

    SCRFD: scores, boxes and landmarks at three strides.
    YUNET: classes, objectness, boxes and landmarks at three strides (libfacedetection).
    EMBEDDING: one vector a face.
    ANGLE_BINS: three outputs (yaw, pitch, roll) of 66 logits, bins of 3 degrees from -99.
    LANDMARKS_3D: 68 points in space, from which InsightFace takes the pose.
    AGE_BINS: 81 probabilities, of 0.25 and 1 to 80 years.
    FEMALE_MALE: two probabilities.
    GENDER_AGE: logits female, male, then years / 100 (InsightFace's genderage).
    LOGITS: logits of classes, of which ``real_index`` is the real face.
    LIVE_PROBABILITY: one probability that the face is real.
    POINTS: landmarks in the plane.
    """

    SCRFD = "scrfd"
    YUNET = "yunet"
    EMBEDDING = "embedding"
    ANGLE_BINS = "angle_bins"
    LANDMARKS_3D = "landmarks_3d"
    AGE_BINS = "age_bins"
    FEMALE_MALE = "female_male"
    GENDER_AGE = "gender_age"
    LOGITS = "logits"
    LIVE_PROBABILITY = "live_probability"
    POINTS = "points"


@dataclass(frozen=True)
class ModelFile:
    """One file of a pack.

    ``prepare`` names the graph rewrites (prepare.py) applied in memory after the file's
    SHA-256 was checked. ``input_size`` is the side in pixels of the square input, None when
    it is free. ``channel_order`` is RGB, BGR or GRAY; pixels become (x - mean) / std per
    channel of that order. ``crop_scale`` and ``crop_padding`` belong to ``crop``.
    ``real_index``, ``threshold`` and ``min_face``, the side in pixels of the smallest face on
    which the model was shown to work, belong to liveness models. ``weight`` is a recognizer's
    share of the similarity beside others. ``refined_side`` is for detectors whose landmarks
    are placed again on the face alone, enlarged into a square of that many pixels; 0 for none.
    """

    file: str
    roles: tuple[Role, ...]
    sha256: str
    bytes: int
    source: str
    licence: str
    input_size: int | None
    channel_order: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop: Crop
    output: Meaning
    crop_scale: float = 1.0
    crop_padding: float = 0.0
    real_index: int = 0
    threshold: float = 0.5
    min_face: int = 0
    prepare: tuple[str, ...] = ()
    weight: float = 1.0
    refined_side: int = 0

    def __post_init__(self) -> None:
        if not self.file or PurePath(self.file).name != self.file:
            raise ValueError(f"file {self.file!r} is not a plain file name")
        if not self.roles:
            raise ValueError("roles is empty")
        if len(self.sha256) != 64 or set(self.sha256) - set("0123456789abcdef"):
            raise ValueError("sha256 is not 64 lowercase hexadecimal digits")
        if self.channel_order not in ("RGB", "BGR", "GRAY"):
            raise ValueError(f"channel_order {self.channel_order!r} is not RGB, BGR or GRAY")
        channels = 1 if self.channel_order == "GRAY" else 3
        if len(self.mean) != channels or len(self.std) != channels or 0.0 in self.std:
            raise ValueError(f"mean and std need {channels} numbers, std none of them 0")
        if self.input_size is not None and self.input_size <= 0:
            raise ValueError("input_size is not positive")
        if not 0.0 <= self.threshold <= 1.0:
            raise ValueError("threshold is outside 0 to 1")
        if self.crop_scale <= 0.0:
            raise ValueError("crop_scale is not positive")
        if not 0.0 < self.weight <= 1.0:
            raise ValueError("weight is not above 0 and at most 1")
        if self.refined_side < 0 or self.refined_side % DETECTOR_STRIDE:
            raise ValueError(f"refined_side is not a multiple of {DETECTOR_STRIDE}")


@dataclass(frozen=True)
class Projection:
    """A matrix with orthonormal columns that brings several recognizers' vectors, one after the
    other, to the embedding's size: a NumPy file, its SHA-256 and its size in bytes.
    """

    file: str
    sha256: str
    bytes: int
    source: str

    def __post_init__(self) -> None:
        if not self.file or PurePath(self.file).name != self.file:
            raise ValueError(f"projection: file {self.file!r} is not a plain file name")
        if len(self.sha256) != 64 or set(self.sha256) - set("0123456789abcdef"):
            raise ValueError("projection: sha256 is not 64 lowercase hexadecimal digits")


@dataclass(frozen=True)
class Manifest:
    """A pack's files. ``licence`` is the sentence that /health shows."""

    name: str
    licence: str
    models: tuple[ModelFile, ...] = field(default_factory=tuple)
    projection: Projection | None = None

    def __post_init__(self) -> None:
        if len(self.with_role(Role.DETECTOR)) != 1:
            raise ValueError("exactly one model with the role detector is needed")
        recognizers = self.with_role(Role.RECOGNIZER)
        if not recognizers:
            raise ValueError("at least one model with the role recognizer is needed")
        if abs(sum(model.weight for model in recognizers) - 1.0) > 1e-6:
            raise ValueError("the recognizers' weights do not add up to 1")
        if len(recognizers) > 1 and self.projection is None:
            raise ValueError("several recognizers need a projection")
        for role in (Role.POSE, Role.AGE, Role.GENDER):
            if len(self.with_role(role)) > 1:
                raise ValueError(f"more than one model has the role {role}")
        if len({model.threshold for model in self.with_role(Role.LIVENESS)}) > 1:
            raise ValueError("the liveness models, whose mean decides, differ in their threshold")

    def with_role(self, role: Role) -> tuple[ModelFile, ...]:
        """Return the models that have the role, in the manifest's order."""
        return tuple(model for model in self.models if role in model.roles)
