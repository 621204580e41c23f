"""Measures the activation ranges of the built-in packs' int8 models on the sample photos.

Writes the files of facesvc/models/ from which the int8 models are made; ``--check`` compares
instead. The result depends on the photos and the seed only. Names of model files measure those.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run by path, a script sees its own folder only

from facesvc.domain.faces import BoundingBox  # noqa: E402
from facesvc.domain.photo import Photo  # noqa: E402 - needs the path above
from facesvc.engine.config import EngineConfig  # noqa: E402
from facesvc.engine.crops import cut  # noqa: E402
from facesvc.engine.detection import Detector  # noqa: E402
from facesvc.engine.landmark_refinement import placement_of  # noqa: E402
from facesvc.engine.sessions import open_model  # noqa: E402
from facesvc.engine.view import FaceView  # noqa: E402
from facesvc.models.int8_calibration import SHIPPED, Calibration, from_json  # noqa: E402
from facesvc.models.load import load_pack  # noqa: E402
from facesvc.models.manifest import Crop, Role  # noqa: E402
from facesvc.models.pack import Pack  # noqa: E402
from facesvc.models_build.calibrate_faces import calibrate_faces  # noqa: E402
from facesvc.models_build.make_variants import calibrate  # noqa: E402

# The pack whose faces a model is fed.
PACKS = {"scrfd.onnx": "compact", "sface.onnx": "open", "fr_pose.onnx": "open"}


def measure(file: str, model_root: Path, photos: Sequence[Path]) -> Calibration:
    """Return the calibration of the model of this file on the photos, by name."""
    pack = load_pack(PACKS[file], model_root)
    spec = next(model for model in pack.manifest.models if model.file == file)
    original = pack.original_bytes(spec)
    if Role.DETECTOR in spec.roles:
        return calibrate(spec, original, photos)
    names = {
        f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in photos
    }
    crops = [
        view.aligned_exactly() if spec.crop is Crop.ARCFACE else cut(view, spec)
        for view in views(pack, photos)
    ]
    return calibrate_faces(spec, original, crops, names)


def views(pack: Pack, photos: Sequence[Path]) -> list[FaceView]:
    """Return every face of the photos as the float32 detector finds it."""
    config = EngineConfig()
    model = open_model(pack, pack.manifest.with_role(Role.DETECTOR)[0], config)
    detector, place, found = Detector(model, config), placement_of(model), []
    for path in photos:
        pixels = np.asarray(cv2.imread(str(path)), np.uint8)
        for box, landmarks in zip(*detector.detect(pixels), strict=True):
            edges = BoundingBox(*(float(value) for value in box[:4]))
            found.append(FaceView(Photo.from_pixels(pixels), edges, landmarks, place))
    return found


def main() -> int:
    """Measure, then write or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"of {', '.join(PACKS)}")
    parser.add_argument("--check", action="store_true", help="compare with the file, write nothing")
    parser.add_argument("--model-root", type=Path, default=ROOT / "models")
    parser.add_argument("--samples", type=Path, default=ROOT / "data" / "samples")
    arguments = parser.parse_args()
    photos, same = sorted(arguments.samples.rglob("*.jpg")), True
    for file in arguments.models or PACKS:
        path, measured = SHIPPED[file], measure(file, arguments.model_root, photos)
        if arguments.check:
            equal = measured == from_json(path.read_text(encoding="utf-8"))
            same = same and equal
            print(f"{path.name}: {'as measured' if equal else 'DIFFERS from what was measured'}")
            continue
        path.write_text(measured.to_json(), encoding="utf-8")
        print(f"{path}: {len(measured.ranges)} ranges of {len(measured.photos)} photos")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
