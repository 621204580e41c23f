"""InsightFace's own classes on the project's sessions, for models of its packs.

Apart from the modules that use them because InsightFace takes half a second to import, and
the compact pack needs none of it.
"""

from __future__ import annotations

from insightface.addons.liveness import Liveness as InsightFaceAddon
from insightface.app.common import Face
from insightface.model_zoo.attribute import Attribute
from insightface.model_zoo.landmark import Landmark

from facesvc.domain.faces import Attributes
from facesvc.engine.sessions import OpenModel
from facesvc.engine.view import FaceView


class JointAttributes:
    """InsightFace's genderage model, through its own class."""

    def __init__(self, model: OpenModel) -> None:
        self._attribute = Attribute(model_file=model.source(), session=model.session)
        self._attribute.input_mean = model.spec.mean[0]
        self._attribute.input_std = model.spec.std[0]

    def estimate(self, view: FaceView) -> Attributes:
        is_male, age = self._attribute.get(view.pixels, Face(bbox=view.box))
        return Attributes(age=max(0, int(age)), gender="M" if is_male else "F")


class LandmarkPose:
    """InsightFace's 68 landmarks in space (1k3d68), which give (pitch, yaw, roll).

    The angles turn its mean face (x right, y down, z towards the camera) into the landmarks:
    pitch is positive upwards as Pose's, yaw is positive to the picture's right and is turned.
    """

    def __init__(self, model: OpenModel) -> None:
        self._landmark = Landmark(model_file=model.source(), session=model.session)
        self._landmark.input_mean = model.spec.mean[0]
        self._landmark.input_std = model.spec.std[0]

    def yaw_pitch(self, view: FaceView) -> tuple[float, float]:
        face = Face(bbox=view.box)
        self._landmark.get(view.pixels, face)
        pitch, yaw, _ = (float(angle) for angle in face["pose"])
        return -yaw, pitch


class AlignedProbability:
    """InsightFace's liveness addon, through its own class."""

    def __init__(self, model: OpenModel) -> None:
        self._addon = InsightFaceAddon(model.spec.file, session=model.session)

    def real_probability(self, view: FaceView) -> float:
        """Return P(real); 0 when too much of the crop lies outside the photo, because then
        nothing shows that the face is real.
        """
        score = self._addon.predict(view.pixels, view.landmarks)["live_score"]
        return 0.0 if score is None else float(score)
