"""The engine that all calls share."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.application.ports.engine import PackInfo
from facesvc.domain.aligned_crop import crop_quality
from facesvc.domain.face_selection import measure_contenders
from facesvc.domain.faces import EMBEDDING_SIZE, Attributes, BoundingBox, DetectedFace
from facesvc.domain.liveness import Liveness
from facesvc.domain.photo import Photo
from facesvc.domain.quality import Quality
from facesvc.domain.quality_score import highest_score, score_quality
from facesvc.domain.template import Template
from facesvc.engine.attributes import open_attributes
from facesvc.engine.config import EngineConfig, EngineError, Precision
from facesvc.engine.detection import Detector
from facesvc.engine.digest import recognizer_digest
from facesvc.engine.landmark_refinement import placement_of
from facesvc.engine.light import measure_light, sharpness_of
from facesvc.engine.liveness import LivenessPolicy, judge
from facesvc.engine.liveness_model import LivenessModels
from facesvc.engine.pose import measure_pose, open_pose
from facesvc.engine.providers import require_gpu
from facesvc.engine.recognition import JoinedFeatures, Recognizer
from facesvc.engine.sessions import OpenModel, open_model
from facesvc.engine.view import AS_FOUND, FaceView, ViewedFace, view_of
from facesvc.models.manifest import Role
from facesvc.models.pack import Pack

# By how much a score is off where landmarks were not placed again: 0.008 for half of 3,017 faces.
# With this, one of 1,258 photos with several faces had another best one than by exact scores, and
# half as many faces are looked at again (benchmarks/studies/face_choice.py).
ROUGHNESS = 0.02


class OnnxFaceEngine:
    """The models of one pack behind the FaceEngine port.

    Thread-safe: everything is configured here, before the first call, and ONNX Runtime's
    ``Run`` may be called from many threads at once. Each method runs only the models that
    its answer needs. ``info`` says which pack this is, ``calibration`` what was measured of its
    recognizer, None where nothing was.
    """

    def __init__(self, pack: Pack, config: EngineConfig) -> None:
        opened: dict[str, OpenModel] = {}

        def models(role: Role) -> list[OpenModel]:
            """Open the role's models, a file that has two roles only once."""
            for spec in pack.manifest.with_role(role):
                if spec.file not in opened:
                    opened[spec.file] = open_model(pack, spec, config)
            return [opened[spec.file] for spec in pack.manifest.with_role(role)]

        def model(role: Role) -> OpenModel | None:
            return next(iter(models(role)), None)

        detector, recognizers = models(Role.DETECTOR)[0], models(Role.RECOGNIZER)
        liveness = models(Role.LIVENESS)
        self._detector = Detector(detector, config)
        self._placement = placement_of(detector)
        self._recognizer = Recognizer(JoinedFeatures(recognizers), pack.projection())
        self._pose = open_pose(model(Role.POSE))
        self._attributes = open_attributes(model(Role.AGE), model(Role.GENDER))
        self._liveness = LivenessModels(liveness) if liveness else None
        self._liveness_policy = LivenessPolicy(config.liveness_threshold, config.accept_small_faces)
        self.calibration = pack.decision_calibration()
        ranges = ["" for _ in (detector, *recognizers)]
        if config.precision is Precision.INT8:
            ranges = [pack.int8_digest(item.spec) for item in (detector, *recognizers)]
        self.info = PackInfo(
            name=pack.manifest.name,
            licence=pack.manifest.licence,
            detector=detector.spec.file,
            recognizer=recognizer_digest(pack.manifest, config, ranges[0], ranges[1:]),
            embedding_size=EMBEDDING_SIZE,
            provider=detector.session.get_providers()[0],
        )

    def detect(self, photo: Photo) -> list[DetectedFace]:
        """Return every face, most confident first, in the original photo's pixels."""
        boxes, landmarks = self._detector.detect(photo.pixels)
        return [
            ViewedFace(
                BoundingBox(*(float(value) / photo.scale for value in box[:4])),
                float(box[4]),
                points / np.float32(photo.scale),
                photo,
                self._placement,
            )
            for box, points in zip(boxes, landmarks, strict=True)
        ]

    def assess_quality(self, photo: Photo, face: DetectedFace) -> Quality:
        """Return the quality of one detected face."""
        return self._quality(view_of(photo, face, self._placement), face)

    def assess_roughly(self, photo: Photo, face: DetectedFace) -> Quality:
        """Return the quality by the landmarks as the detector found them."""
        return self._quality(view_of(photo, face, self._placement).as_found(), face)

    def compare_qualities(self, photo: Photo, faces: Sequence[DetectedFace]) -> list[Quality]:
        """Return qualities to choose one of the faces by. Landmarks are placed again only where
        it depends on them which face is the best one.
        """

        def measure(index: int, exactly: bool) -> Quality:
            assess = self.assess_quality if exactly else self.assess_roughly
            return assess(photo, faces[index])

        highest = [highest_score(face.confidence, face.box.area) for face in faces]
        roughness = 0.0 if self._placement is AS_FOUND else ROUGHNESS
        return measure_contenders(highest, measure, roughness)

    def _quality(self, view: FaceView, face: DetectedFace) -> Quality:
        grey = view.grey()
        return score_quality(
            confidence=face.confidence,
            pose=measure_pose(self._pose, view),
            laplacian_variance=sharpness_of(grey),
            face_size=face.box.area,
            light=measure_light(grey),
        )

    def recognize(self, photo: Photo, face: DetectedFace) -> Template:
        """Return the embedding, the lengths before it was normalised, and what they tell."""
        embedding, lengths = self._recognizer.embed(view_of(photo, face, self._placement))
        value = None
        if self.calibration is not None:
            value = self.calibration.recognizability.value(lengths, face.confidence)
        return Template(embedding, lengths, value)

    def look_at_crop(self, crop: Photo) -> tuple[Quality, Template]:
        """Return the quality, as far as it is known, and the embedding of an aligned crop."""
        grey = np.asarray(cv2.cvtColor(crop.pixels, cv2.COLOR_BGR2GRAY), np.uint8)
        quality = crop_quality(laplacian_variance=sharpness_of(grey), light=measure_light(grey))
        embedding, lengths = self._recognizer.embed_crop(crop.pixels)
        curve = None if self.calibration is None else self.calibration.crop_recognizability
        value = None if curve is None else curve.value(lengths, 0.0)
        return replace(quality, recognizability=value), Template(embedding, lengths, value)

    def embed(self, photo: Photo, face: DetectedFace) -> NDArray[np.float32]:
        """Return the L2-normalised embedding alone, float32 (512,)."""
        return self.recognize(photo, face).embedding

    def check_liveness(self, photo: Photo, face: DetectedFace) -> Liveness:
        """Return every check's score; the pack's model decides where there is one."""
        # A reduced decode has lost a screen's grid. Where nothing but the heuristics decides,
        # the whole photo is worth its decoding time.
        view = view_of(photo if self._liveness else photo.full(), face, self._placement)
        return judge(view, face.confidence, self._liveness, self._liveness_policy)

    def estimate_attributes(self, photo: Photo, face: DetectedFace) -> Attributes:
        """Return age and gender of one face."""
        return self._attributes.estimate(view_of(photo, face, self._placement))


def build_engine(pack: Pack, config: EngineConfig) -> OnnxFaceEngine:
    """Return an engine that has run every model once.

    Raises PackError or EngineError when it cannot serve, so that a service either starts
    whole or not at all.
    """
    if config.use_gpu:
        require_gpu(config)
    # As many calls compute as there are cores; OpenCV's own threads, which spin, would fight them.
    cv2.setNumThreads(0)
    # InsightFace calls scikit-image's old name for SimilarityTransform.from_estimate.
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"insightface\.")
    engine = OnnxFaceEngine(pack, config)
    try:
        _run_once(engine)
    except EngineError:
        raise
    except Exception as error:  # whatever a model does with its input is fatal here
        raise EngineError(f"{pack.folder}: a model of the pack does not run: {error}") from error
    return engine


def _run_once(engine: OnnxFaceEngine) -> None:
    """Run every model on a plain grey photo with a face where one would be."""
    photo = Photo.from_pixels(np.full((256, 256, 3), 128, np.uint8))
    landmarks = np.array([[98, 108], [158, 108], [128, 140], [104, 168], [152, 168]], np.float32)
    face = DetectedFace(BoundingBox(78, 68, 178, 198), 1.0, landmarks)
    engine.detect(photo)
    engine.embed(photo, face)
    engine.assess_quality(photo, face)
    engine.check_liveness(photo, face)
    engine.estimate_attributes(photo, face)
