"""Which tight crops of faces are found, and what is found where no face is.

Each photo is cut to the box of its central face and scaled to sides of 40 to 250 pixels: what a
security camera, an identity document or a thumbnail gives. A crop counts as found when the best
face covers its middle and, recognized, is the photo's (similarity from 0.3); a search finds the
person where the face also carries an identity and reaches the default threshold. Rivals on the same
crops: InsightFace's SCRFD and OpenCV's FaceDetectorYN as their own code runs them, FaceFinder's
first look alone. Pictures without a face are scikit-image's photos and textures but those of
people, cut into squares.

    python -m benchmarks.studies.tight_crops PHOTOS [--number 300] [--inside 0.1]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.studies.faces import central, photos_of
from facesvc.application.call import Call
from facesvc.application.detect_faces import PhotoFaces
from facesvc.application.embedded_face import embed_face
from facesvc.application.find_faces import FaceFinder, RotationRetry
from facesvc.application.images import ImageInput
from facesvc.domain.faces import DetectedFace
from facesvc.domain.photo import Photo
from facesvc.domain.recognizable import RecognizabilityRule
from facesvc.engine.config import EngineConfig, Precision
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.models.load import load_pack

SIDES_PX = (40, 60, 80, 112, 250)
SAME_PERSON = 0.3
MATCH_THRESHOLD = 0.45  # its default
PACKS = {"open": Precision.FLOAT32, "compact": Precision.INT8}
# scikit-image's pictures in which there is somebody, or something drawn as a face.
_WITH_PEOPLE = {"astronaut", "camera", "no_time_for_that_tiny", "lfw_subset"}
_SQUARE_SHARE = 3  # squares of a third of a picture's short side
Pixels = NDArray[np.uint8]
Embedding = NDArray[np.float32]
Look = Callable[[Photo], list[DetectedFace]]


def crops_of(
    engine: OnnxFaceEngine, photos: list[Path], inside: float
) -> Iterator[tuple[Pixels, Embedding]]:
    """Yield each photo's crop, cut by a share of the box ``inside`` it at every edge, and the
    embedding of the face in the whole photo.
    """
    for path in photos:
        pixels = np.asarray(cv2.imread(str(path)), np.uint8)
        photo = Photo.from_pixels(pixels)
        faces = engine.detect(photo)
        if not faces:
            continue
        boxes = np.array([[f.box.x1, f.box.y1, f.box.x2, f.box.y2] for f in faces])
        face = faces[central(boxes, photo.width, photo.height)]
        box, dx, dy = face.box, inside * face.box.width, inside * face.box.height
        edges = box.x1 + dx, box.y1 + dy, box.x2 - dx, box.y2 - dy
        x1, y1, x2, y2 = (max(0, round(edge)) for edge in edges)
        yield pixels[y1:y2, x1:x2], engine.embed(photo, face)


def scaled(crop: Pixels, side: int) -> Pixels:
    """Return the crop with this many pixels on its longer side."""
    scale = side / max(crop.shape[:2])
    size = (max(16, round(crop.shape[1] * scale)), max(16, round(crop.shape[0] * scale)))
    return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)


def is_the_face(engine: OnnxFaceEngine, photo: Photo, look: Look, known: Embedding) -> bool:
    """Tell whether the look finds the person of the crop."""
    faces = look(photo)
    if not faces:
        return False
    face = max(faces, key=lambda each: each.confidence)
    return float(engine.embed(photo, face) @ known) >= SAME_PERSON


def recognized(engine: OnnxFaceEngine, photo: Photo, known: Embedding) -> bool:
    """Tell whether a search with the photo would find its person, with the pack's own limits."""
    calibration = engine.calibration
    limit = calibration.recognizability.limit if calibration else None
    finder, call, rule = FaceFinder(engine, 640), Call(), RecognizabilityRule(limit)
    opened = PhotoFaces(ImageInput(), photo, finder.find(photo, call), finder, rule, call)
    if not opened.faces:
        return False
    face = embed_face(opened, opened.best())
    return not face.faults(rule) and float(face.embedding @ known) >= MATCH_THRESHOLD


def nobody(folder: Path) -> Iterator[Pixels]:
    """Yield squares of pictures in which there is no face."""
    for path in sorted(folder.iterdir()):
        picture = cv2.imread(str(path)) if path.stem not in _WITH_PEOPLE else None
        if picture is None or path.suffix == ".gif":
            continue
        side = min(picture.shape[:2]) // _SQUARE_SHARE
        for top in range(0, picture.shape[0] - side + 1, side):
            for left in range(0, picture.shape[1] - side + 1, side):
                yield np.asarray(picture[top : top + side, left : left + side], np.uint8)


def opencvs(file: Path) -> Callable[[Pixels], bool]:
    """Return OpenCV's own YuNet, on the picture at its own size."""
    detector = cv2.FaceDetectorYN.create(str(file), "", (32, 32), 0.5, 0.3, 5000)

    def find(pixels: Pixels) -> bool:
        detector.setInputSize((pixels.shape[1], pixels.shape[0]))
        return detector.detect(pixels)[1] is not None

    return find


def insightfaces(file: Path) -> Callable[[Pixels], bool]:
    """Return InsightFace's own SCRFD, with its usual input of 640 pixels."""
    from insightface.model_zoo import get_model

    detector = get_model(str(file), providers=["CPUExecutionProvider"])
    detector.prepare(-1, input_size=(640, 640), det_thresh=0.5)
    return lambda pixels: len(detector.detect(pixels)[0]) > 0


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--number", type=int, default=300)
    parser.add_argument("--squares", type=int, default=300, help="pictures of nobody")
    parser.add_argument("--inside", type=float, default=0.0, help="share cut off at every edge")
    parser.add_argument("--pack", action="append", choices=PACKS, help="else each")
    parser.add_argument("--model-root", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    import skimage

    cv2.setNumThreads(1)
    every = photos_of(arguments.photos)
    photos = every[:: max(1, len(every) // arguments.number)][: arguments.number]
    squares = list(nobody(Path(skimage.__file__).parent / "data"))
    squares = squares[:: max(1, len(squares) // arguments.squares)]
    sizes = " | ".join(f"{side} px" for side in SIDES_PX)
    for pack in arguments.pack or PACKS:
        precision = PACKS[pack]
        engine = build_engine(
            load_pack(pack, arguments.model_root), EngineConfig(precision=precision)
        )
        finder = FaceFinder(engine, 640, RotationRetry.AUTO)
        looks: dict[str, Look] = {
            "the first look": engine.detect,
            "all looks": lambda photo, finder=finder: finder.find(photo, Call()),  # type: ignore[misc]
        }
        crops = list(crops_of(engine, photos, arguments.inside))
        print(f"\n{pack}: {len(crops)} faces, {len(squares)} squares of nobody\n")
        print(f"| | {sizes} |\n|---|{'---|' * len(SIDES_PX)}")
        for name, look in looks.items():
            found = [
                sum(
                    is_the_face(engine, Photo.from_pixels(scaled(crop, side)), look, known)
                    for crop, known in crops
                )
                for side in SIDES_PX
            ]
            print(f"| {name}: the person | {_shares(found, len(crops))} |")
            if name == "all looks":
                known_again = [
                    sum(
                        recognized(engine, Photo.from_pixels(scaled(crop, side)), known)
                        for crop, known in crops
                    )
                    for side in SIDES_PX
                ]
                print(f"| a search finds the person | {_shares(known_again, len(crops))} |")
            began = time.process_time()
            false = [
                sum(bool(look(Photo.from_pixels(scaled(each, side)))) for each in squares)
                for side in SIDES_PX
            ]
            ms = 1000 * (time.process_time() - began) / len(squares) / len(SIDES_PX)
            print(
                f"| {name}: false faces, {ms:.0f} ms a picture | {_shares(false, len(squares))} |"
            )
        file = (
            arguments.model_root
            / pack
            / load_pack(pack, arguments.model_root).manifest.models[0].file
        )
        rival = opencvs(file) if pack == "open" else insightfaces(file)
        found = [sum(rival(scaled(crop, side)) for crop, _ in crops) for side in SIDES_PX]
        print(f"| {rival.__qualname__.split('.')[0]}: any face | {_shares(found, len(crops))} |")
        false = [sum(rival(scaled(each, side)) for each in squares) for side in SIDES_PX]
        print(f"| the same: false faces | {_shares(false, len(squares))} |", flush=True)


def _shares(counts: list[int], total: int) -> str:
    return " | ".join(f"{100 * count / total:.1f} %" for count in counts)


if __name__ == "__main__":
    main()
