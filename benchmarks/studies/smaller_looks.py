"""Whether a face may be looked at in a smaller square when its landmarks are placed again.

Takes a folder of photos. What each look places is compared with the mean of eight looks: at four
sizes of the face, each also mirrored. Prints the distance in hundredths of the eyes' distance, and
what the look takes.

    python -m benchmarks.studies.smaller_looks PHOTOS [--faces N]
"""

from __future__ import annotations

import argparse
import time
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.studies.faces import central_faces, photos_of
from facesvc.engine import landmark_refinement
from facesvc.engine.config import EngineConfig
from facesvc.engine.detection import Detector
from facesvc.engine.landmark_refinement import LandmarkRefinement
from facesvc.engine.sessions import open_model
from facesvc.engine.view import AS_FOUND, FaceView
from facesvc.models.builtin import OPEN
from facesvc.models.manifest import Role
from facesvc.models.pack import Pack

SIDES = (128, 160, 192, 224, 256)
EYES_PX = (56, 66, 80, 90)  # in the squares of 256 px that the mean is of

Points = NDArray[np.float32]


def look(refinement: LandmarkRefinement, view: FaceView, *, mirrored: bool = False) -> Points:
    """Return what one look places, what was found where it sees nothing."""
    placed = refinement._look(view, view.found_landmarks, mirrored=mirrored)
    return view.found_landmarks if placed is None else placed


def main() -> None:
    """Print a row for the detector alone and one for each side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--faces", type=int, default=300)
    parser.add_argument("--model-root", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    pack = Pack(arguments.model_root / OPEN.name, OPEN)
    model = open_model(pack, OPEN.with_role(Role.DETECTOR)[0], EngineConfig())
    fine = []
    for eyes_px in EYES_PX:
        landmark_refinement.EYE_DISTANCE = eyes_px / 256
        fine.append(LandmarkRefinement(model, 256))
    landmark_refinement.EYE_DISTANCE = 80 / 256
    looks = {side: LandmarkRefinement(model, side) for side in SIDES}
    off: dict[str, list[float]] = {}
    times: dict[str, list[float]] = {}
    every = max(1, len(photos_of(arguments.photos)) // arguments.faces)
    found = central_faces(arguments.photos, Detector(model, EngineConfig()), AS_FOUND)
    for _, view in islice(found, None, None, every):
        both = [look(one, view, mirrored=way) for one in fine for way in (False, True)]
        mean = np.mean(both, axis=0)
        eyes = float(np.linalg.norm(mean[1] - mean[0]))
        placed = {"as found": view.found_landmarks}
        for side, refinement in looks.items():
            began = time.thread_time()
            placed[f"{side} px"] = look(refinement, view)
            times.setdefault(f"{side} px", []).append(1000 * (time.thread_time() - began))
        for name, points in placed.items():
            distance = float(np.linalg.norm(points - mean, axis=1).mean())
            off.setdefault(name, []).append(100 * distance / eyes)
    print("| look | off, median | 90 % | ms |")
    print("|---|---|---|---|")
    for name, distances in off.items():
        median, most = np.quantile(distances, (0.5, 0.9))
        ms = f"{np.median(times[name]):.2f}" if name in times else ""
        print(f"| {name} | {median:.1f} | {most:.1f} | {ms} |")


if __name__ == "__main__":
    main()
