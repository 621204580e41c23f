"""Head pose: yaw and pitch from a model, roll from the eyes.

Every source is turned to the signs of facesvc.domain.faces.Pose.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facesvc.domain.faces import Pose
from facesvc.engine.crops import cut, to_blob
from facesvc.engine.sessions import OpenModel
from facesvc.engine.view import FaceView
from facesvc.models.manifest import Crop, Meaning

BIN_DEG = 3.0  # Hopenet's bins, Ruiz et al. 2018, section 3.2: 66 of 3 degrees
FIRST_BIN_DEG = -99.0


class PoseModel(Protocol):
    """Tells yaw and pitch in degrees, in Pose's signs."""

    def yaw_pitch(self, view: FaceView) -> tuple[float, float]:
        """Return (yaw, pitch)."""
        ...


class BinsPose:
    """A model with 66 logits an angle (fr_pose). Its signs are Pose's: on posed photos it
    gave left +54, right -59, up +24, down -42.
    """

    def __init__(self, model: OpenModel) -> None:
        self._model = model

    def yaw_pitch(self, view: FaceView) -> tuple[float, float]:
        spec = self._model.spec
        known = view.seen_in_box.get(spec.file)
        if known is not None:
            return known
        yaw, pitch, _ = self._model.run(to_blob(cut(view, spec), spec))
        angles = _expected_angle(yaw[0]), _expected_angle(pitch[0])
        if spec.crop in (Crop.BOX, Crop.BOX_INSIDE):
            view.seen_in_box[spec.file] = angles
        return angles


class FivePointPose:
    """For packs without a pose model: where the nose tip lies among eyes and mouth.

    The head is taken for a ball whose radius is the distance between the eyes: the nose tip,
    that far in front of its centre, moves by its sine. Good for a sign and for telling
    frontal from turned, not for degrees.
    """

    def yaw_pitch(self, view: FaceView) -> tuple[float, float]:
        eyes, mouth = view.landmarks[:2], view.landmarks[3:]
        nose = view.landmarks[2]
        across = eyes[1] - eyes[0]
        down = mouth.mean(axis=0) - eyes.mean(axis=0)
        width = max(float(np.linalg.norm(across)), 1.0)
        height = max(float(np.linalg.norm(down)), 1.0)
        centre = (eyes.mean(axis=0) + mouth.mean(axis=0)) / 2
        right = float(np.dot(nose - centre, across)) / width
        below = float(np.dot(nose - centre, down)) / height
        return -_arc_sine_deg(right / width), -_arc_sine_deg(below / height)


def open_pose(model: OpenModel | None) -> PoseModel:
    """Return the pose model that the manifest describes."""
    if model is None:
        return FivePointPose()
    if model.spec.output is not Meaning.LANDMARKS_3D:
        return BinsPose(model)
    from facesvc.engine.insightface_models import (
        LandmarkPose,  # slow to import, seldom needed
    )

    return LandmarkPose(model)


def measure_pose(model: PoseModel, view: FaceView) -> Pose:
    """Return the pose; roll is the slope of the line between the eyes."""
    yaw, pitch = model.yaw_pitch(view)
    across = view.landmarks[1] - view.landmarks[0]
    roll = math.degrees(math.atan2(float(across[1]), float(across[0]))) + view.turned_deg
    roll = (roll + 180.0) % 360.0 - 180.0
    return Pose(yaw=yaw, pitch=pitch, roll=roll)


def _expected_angle(logits: NDArray[np.float32]) -> float:
    weights = np.exp(logits.astype(np.float64) - float(logits.max()))
    mean_bin = float(np.dot(weights, np.arange(len(logits))) / weights.sum())
    return mean_bin * BIN_DEG + FIRST_BIN_DEG


def _arc_sine_deg(sine: float) -> float:
    return math.degrees(math.asin(min(1.0, max(-1.0, sine))))
