"""People of the sample photos, enrolled without the console."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import numpy as np

from tests.gateway.conftest import SAMPLES
from tests.gateway.rest import Rest

NAMES = {
    "barack_obama": "Barack Obama",
    "emmanuel_macron": "Emmanuel Macron",
    "jacinda_ardern": "Jacinda Ardern",
    "joe_biden": "Joe Biden",
    "rishi_sunak": "Rishi Sunak",
}


def enrol(rest: Rest, user_id: str, photo: str, collection: str, **fields: Any) -> None:
    """Enrol a sample photo over REST."""
    image = base64.b64encode((SAMPLES / photo).read_bytes()).decode()
    answer = rest.post(
        "/enroll",
        user_id=user_id,
        name=NAMES[user_id],
        image=image,
        collection=collection,
        mode="ADD",
        **fields,
    )
    assert answer.body["success"], answer.text


def group_photo(*photos: str, height: int = 720) -> bytes:
    """Return a PNG of several sample photos side by side."""
    pictures = []
    for photo in photos:
        picture = cv2.imread(str(SAMPLES / photo))
        scale = height / picture.shape[0]
        pictures.append(cv2.resize(picture, (round(picture.shape[1] * scale), height)))
    coded, data = cv2.imencode(".png", np.hstack(pictures))
    assert coded
    return data.tobytes()
