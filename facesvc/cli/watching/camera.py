"""Pictures of a camera, a network stream or a film, by OpenCV."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import cv2

from facesvc.cli.errors import UsageError
from facesvc.cli.watching.frame import Frame

JPEG_QUALITY = 92


def camera_frames(source: str, *, interval_s: float) -> Iterator[Frame]:
    """Yield a picture every ``interval_s`` seconds, as JPEG; the ones between are dropped.

    ``source`` is a camera's number, a device (/dev/video0), a URL that OpenCV opens, or a film,
    whose own time counts. Ends when no more pictures come. Raises UsageError.
    """
    capture = cv2.VideoCapture(int(source) if source.isdigit() else source)
    if not capture.isOpened():
        raise UsageError(f"{source} is neither a folder nor a camera or film that can be opened.")
    film_rate = capture.get(cv2.CAP_PROP_FPS) if capture.get(cv2.CAP_PROP_FRAME_COUNT) > 0 else 0.0
    number, due_s = 0, 0.0
    start = time.monotonic()
    try:
        while True:
            taken, picture = capture.read()
            if not taken:
                return
            number += 1
            now_s = number / film_rate if film_rate else time.monotonic() - start
            if now_s < due_s:
                continue
            due_s = now_s + interval_s
            done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
            if done:
                name = f"{now_s:.2f} s" if film_rate else f"{datetime.now():%H:%M:%S.%f}"[:-3]
                yield Frame(name, data.tobytes())
    finally:
        capture.release()
