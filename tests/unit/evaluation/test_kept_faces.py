"""What a calibration has seen is kept, and looked at once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from facesvc.domain.faces import BoundingBox, DetectedFace
from facesvc.domain.photo import Photo
from facesvc.domain.template import Template
from facesvc.evaluation.calibration import observe as module
from facesvc.evaluation.calibration.kept_faces import Faces, Kept, read_faces
from facesvc.evaluation.calibration.observe import observe

LANDMARKS = np.array([[12, 14], [28, 14], [20, 22], [14, 30], [26, 30]], np.float32)


class Engine:
    """Finds a face as wide as the picture's first pixel says, none where it is black; breaks off
    after ``looks``.
    """

    def __init__(self, looks: int = 1000) -> None:
        self.looks, self.seen = looks, 0

    def detect(self, photo: Photo) -> list[DetectedFace]:
        """One face."""
        if self.seen >= self.looks:
            raise KeyboardInterrupt
        self.seen += 1
        width = float(photo.pixels[0, 0, 0])
        return [DetectedFace(BoundingBox(0, 0, width, 40), 0.9, LANDMARKS)] if width else []

    def recognize(self, photo: Photo, face: DetectedFace) -> Template:
        """A vector that says which photo it is of."""
        embedding = np.zeros(512, np.float32)
        embedding[int(photo.pixels[0, 0, 0])] = 1.0
        return Template(embedding, (face.box.width, 1.0), None)


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Seven photos, the third without a face; two at a time are kept."""
    monkeypatch.setattr(module, "KEPT_EVERY", 2)
    paths = [tmp_path / f"{number}.png" for number in range(7)]
    for number, path in enumerate(paths):
        value = 0 if number == 2 else 10 + number
        cv2.imwrite(str(path), np.full((40, 40, 3), value, np.uint8))
    return paths


def look(engine: Engine, photos: list[Path], kept: Kept) -> Faces:
    """Observe the photos as they are."""
    done = SimpleNamespace(photos=0)

    def progress(more: int) -> None:
        done.photos += more

    faces = observe(engine, photos, lambda pixels, _: pixels, kept, progress, threads=1)  # type: ignore[arg-type]
    assert done.photos == len(photos)
    return faces


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path, photos: list[Path]) -> None:
    """At most the photos since it was last kept are looked at again, also those without a face."""
    kept = Kept(tmp_path / "clean.npz", "open")
    with pytest.raises(KeyboardInterrupt):
        look(Engine(looks=5), photos, kept)
    engine = Engine()
    faces = look(engine, photos, kept)
    assert engine.seen == 3
    assert faces.path.tolist() == [str(path) for path in photos if path.name != "2.png"]
    assert faces.width.tolist() == [10.0, 11.0, 13.0, 14.0, 15.0, 16.0]
    assert faces.embedding.argmax(axis=1).tolist() == [10, 11, 13, 14, 15, 16]
    assert faces.lengths.shape == (6, 2)
    again = Engine()
    assert len(look(again, photos, kept)) == 6
    assert again.seen == 0
    assert read_faces(kept.file).path.tolist() == faces.path.tolist()


def test_what_other_models_saw_is_looked_at_again(tmp_path: Path, photos: list[Path]) -> None:
    """A calibration of mixed observations would be of no pack."""
    file = tmp_path / "clean.npz"
    look(Engine(), photos, Kept(file, "open"))
    engine = Engine()
    look(engine, photos, Kept(file, "compact"))
    assert engine.seen == len(photos)


def test_other_photos_than_those_asked_for_are_left_out(tmp_path: Path, photos: list[Path]) -> None:
    """A folder may have lost photos since; the order is that of the photos."""
    kept = Kept(tmp_path / "clean.npz", "open")
    look(Engine(), photos, kept)
    engine = Engine()
    faces = look(engine, [photos[5], photos[0]], kept)
    assert faces.path.tolist() == [str(photos[5]), str(photos[0])]
    assert engine.seen == 0


def test_photos_without_any_face_are_no_error(tmp_path: Path, photos: list[Path]) -> None:
    """Of some kinds of spoilt photos none shows a face."""
    faces = look(Engine(), photos[2:3], Kept(tmp_path / "dark.npz", "open"))
    assert len(faces) == 0
    assert faces.width.shape == (0,)
