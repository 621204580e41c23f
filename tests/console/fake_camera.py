"""A camera that shows sample photos: the file that Chromium plays instead of a real one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from tests.gateway.conftest import SAMPLES

WIDTH, HEIGHT = 1280, 720
FRAMES_PER_S = 30  # what Chromium plays an MJPEG file with, again and again
GREY = 96
NOBODY = ""


def film(path: Path, *scenes: tuple[str, float]) -> Path:
    """Write scenes of (sample photo or NOBODY, seconds) one after the other."""
    with path.open("wb") as file:
        for photo, seconds in scenes:
            frame = still(photo)
            for _ in range(round(seconds * FRAMES_PER_S)):
                file.write(frame)
    return path


def still(photo: str) -> bytes:
    """Return one JPEG frame: the whole photo before a wall of its own colours."""
    frame = np.full((HEIGHT, WIDTH, 3), GREY, np.uint8)
    if photo != NOBODY:
        picture = cv2.imread(str(SAMPLES / photo))
        assert picture is not None, f"no sample photo {photo}: make samples"
        wall = cv2.resize(picture, (4, 3), interpolation=cv2.INTER_AREA) // 2
        frame = cv2.resize(wall, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        scale = min(WIDTH / picture.shape[1], HEIGHT / picture.shape[0])
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        height, width = picture.shape[:2]
        top, left = (HEIGHT - height) // 2, (WIDTH - width) // 2
        frame[top : top + height, left : left + width] = picture
    coded, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 88])
    assert coded
    return data.tobytes()
