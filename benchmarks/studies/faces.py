"""The faces of a folder of photos, as the engine sees them, and what a study may vary of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from facesvc.domain.faces import BoundingBox
from facesvc.domain.photo import Photo
from facesvc.engine.config import EngineConfig
from facesvc.engine.detection import Detector
from facesvc.engine.landmark_refinement import placement_of
from facesvc.engine.recognition import JoinedFeatures
from facesvc.engine.sessions import open_model
from facesvc.engine.view import FaceView, Placement
from facesvc.models.manifest import Manifest, Role
from facesvc.models.pack import Pack

SUFFIXES = {".jpg", ".jpeg", ".png"}


def photos_of(folder: Path) -> list[Path]:
    """Return every photo below the folder, sorted."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def features_of(manifest: Manifest, model_root: Path) -> JoinedFeatures:
    """Return the pack's recognizers before their projection, which may not be there yet."""
    pack, config = Pack(model_root / manifest.name, manifest), EngineConfig()
    return JoinedFeatures(
        [open_model(pack, spec, config) for spec in manifest.with_role(Role.RECOGNIZER)]
    )


def detector_of(
    manifest: Manifest, model_root: Path, config: EngineConfig | None = None
) -> tuple[Detector, Placement]:
    """Return the pack's detector, and how it places landmarks again."""
    config, pack = config or EngineConfig(), Pack(model_root / manifest.name, manifest)
    model = open_model(pack, manifest.with_role(Role.DETECTOR)[0], config)
    return Detector(model, config), placement_of(model)


def central_faces(
    folder: Path, detector: Detector, place: Placement
) -> Iterator[tuple[Path, FaceView]]:
    """Yield, of each photo with a face, the largest that covers the photo's middle, or else the
    largest: in labelled collections the label is of that one.
    """
    for path in photos_of(folder):
        pixels = np.asarray(cv2.imread(str(path)), np.uint8)
        boxes, landmarks = detector.detect(pixels)
        if len(boxes):
            chosen = central(boxes, pixels.shape[1], pixels.shape[0])
            box = BoundingBox(*(float(value) for value in boxes[chosen, :4]))
            yield path, FaceView(Photo.from_pixels(pixels), box, landmarks[chosen], place)


def central(boxes: np.ndarray, width: int, height: int) -> int:
    """Return the row of the largest box that covers the middle, else of the largest."""
    x1, y1, x2, y2 = boxes[:, :4].T
    covers = (x1 < width / 2) & (x2 > width / 2) & (y1 < height / 2) & (y2 > height / 2)
    areas = (x2 - x1) * (y2 - y1)
    return int((areas * (covers if covers.any() else 1)).argmax())
