"""One person in every kind of file, in tight crops, in thin and in tiny photos."""

from __future__ import annotations

import io
import itertools
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

import cv2
import numpy as np
import pytest
from PIL import Image

from facesvc.application.call import Call
from facesvc.application.find_faces import FaceFinder, RotationRetry
from facesvc.domain.errors import FaceError
from facesvc.domain.photo import Photo
from harness.figures import record
from tests.faults.intake.conftest import DETECTION_SIZE, Eye, Pixels
from tests.heic_files import heic


def written(pixels: Pixels, container: str, mode: str = "RGB", **options: object) -> bytes:
    """Return the picture in a container, written by another library than the decoder's."""
    buffer = io.BytesIO()
    Image.fromarray(pixels[..., ::-1].copy()).convert(mode).save(buffer, container, **options)
    return buffer.getvalue()


def _saved(image: Image.Image, container: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, container)
    return buffer.getvalue()


def variants(pixels: Pixels) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield name, file and the plain file that it is to equal.

    A grey picture is compared with a grey one, one of 256 colours with the same in full colour:
    what a file has lost for good is not at issue.
    """
    plain = written(pixels, "PNG")
    yield "jpeg", written(pixels, "JPEG", quality=92), plain
    yield "progressive", written(pixels, "JPEG", quality=92, progressive=True), plain
    yield "4:4:4", written(pixels, "JPEG", quality=92, subsampling=0), plain
    yield "cmyk", written(pixels, "JPEG", "CMYK", quality=92), plain
    yield "webp", written(pixels, "WEBP", quality=90), plain
    poor = Image.fromarray(pixels[..., ::-1].copy()).quantize(256)
    yield "avif", written(pixels, "AVIF", quality=80), plain
    yield "heic", heic(Image.fromarray(pixels[..., ::-1].copy()), tile_size=256), plain
    yield "heic 10 bits", heic(Image.fromarray(pixels[..., ::-1].copy()), bits=10), plain
    yield "bmp", written(pixels, "BMP"), plain
    yield "tiff", written(pixels, "TIFF", compression="tiff_lzw"), plain
    yield "tiff cmyk", written(pixels, "TIFF", "CMYK"), plain
    yield "gif", _saved(poor, "GIF"), _saved(poor.convert("RGB"), "PNG")
    yield "palette", _saved(poor, "PNG"), _saved(poor.convert("RGB"), "PNG")
    yield "alpha", written(pixels, "PNG", "RGBA"), plain
    yield "webp alpha", written(pixels, "WEBP", "RGBA", lossless=True), plain
    deep = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)]).astype(np.uint16) * 257
    yield "16-bit", cv2.imencode(".png", deep[..., :3])[1].tobytes(), plain
    yield "16-bit alpha", cv2.imencode(".png", deep)[1].tobytes(), plain
    grey = np.dstack([np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)] * 3)
    plain_grey = written(grey, "PNG")
    yield "grey jpeg", written(pixels, "JPEG", "L", quality=92), plain_grey
    yield "grey png", written(pixels, "PNG", "L"), plain_grey
    yield "grey alpha", written(pixels, "PNG", "LA"), plain_grey
    for orientation in range(1, 9):
        for container in ("JPEG", "PNG", "WEBP"):
            data = stored_turned(pixels, container, orientation)
            yield f"exif {orientation} {container}", data, plain


def stored_turned(upright: Pixels, container: str, orientation: int) -> bytes:
    """Return the file of a camera that was held another way and says so."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    picture, exif = Image.fromarray(upright[..., ::-1].copy()), Image.Exif()
    exif[0x0112] = orientation
    if orientation in undo:
        picture = picture.transpose(undo[orientation])
    buffer = io.BytesIO()
    picture.save(buffer, container, exif=exif.tobytes(), quality=92)
    return buffer.getvalue()


def test_every_kind_of_file_is_the_same_person(eye: Eye, portraits: dict[str, Pixels]) -> None:
    """Container, colours, depth and orientation change no embedding."""
    cosines: dict[str, float] = {}
    plain_embedding = lru_cache(eye.embedding)
    for kind, data, plain in variants(portraits["jacinda_ardern/1.jpg"]):
        cosines[kind] = float(eye.embedding(data) @ plain_embedding(plain))
    worst = min(cosines, key=lambda kind: cosines[kind])
    assert cosines[worst] >= 0.99, cosines
    record("same_face", f"{len(cosines)} files: cosine at least {cosines[worst]:.4f} ({worst})")


def test_reduced_decode_is_the_same_person(eye: Eye, portraits: dict[str, Pixels]) -> None:
    """A photo of 8 to 16 MP, decoded at a fraction, gives the embedding of a photo of 1 MP."""
    lowest = 1.0
    for name, width in itertools.product(
        ("rishi_sunak/1.jpg", "jacinda_ardern/2.jpg"), (2700, 3464)
    ):
        pixels = portraits[name]
        height = round(width * pixels.shape[0] / pixels.shape[1])
        enlarged = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_CUBIC)
        photo, (face, *_) = eye.faces(written(np.asarray(enlarged, np.uint8), "JPEG", quality=92))
        assert photo.scale < 1
        cosine = eye.engine.embed(photo, face) @ eye.embedding(written(pixels, "PNG"))
        lowest = min(lowest, float(cosine))
    assert lowest >= 0.985
    record("reduced", f"cosine to the embedding of the original size at least {lowest:.4f}")


def test_tight_crops_keep_their_face(eye: Eye, portraits: dict[str, Pixels]) -> None:
    """A face that fills 40 to 100 % of the frame is found, once, and is the same person."""
    tried = found = 0
    lost: list[str] = []
    lowest = 1.0
    for name, pixels in portraits.items():
        photo = Photo.from_pixels(pixels)
        face = max(eye.engine.detect(photo), key=lambda face: face.box.area)
        reference = eye.engine.embed(photo, face)
        box = face.box
        middle = np.array([(box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2])
        for share in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
            half = np.array([box.width, box.height]) / share / 2
            left, top = np.maximum(0, (middle - half).round().astype(int))
            right, bottom = (middle + half).round().astype(int)
            crop, faces = eye.faces(written(pixels[top:bottom, left:right], "PNG"))
            tried += 1
            if len(faces) == 1:
                found += 1
                lowest = min(lowest, float(eye.engine.embed(crop, faces[0]) @ reference))
            else:
                lost.append(f"{name} at {share:.0%}: {len(faces)} faces")
    assert found >= 0.99 * tried, lost
    assert lowest > 0.8
    record(
        "tight_crops",
        f"{found} of {tried} crops at 40-100 %: one face each, cosine to the whole photo at "
        f"least {lowest:.2f}",
    )


def test_odd_shapes_are_answered(eye: Eye, portraits: dict[str, Pixels]) -> None:
    """Thin, tiny and huge photos give faces, none, or a clear error."""
    pixels = portraits["emmanuel_macron/1.jpg"]
    sizes = [(1, 1), (1, 2000), (2000, 1), (15, 15), (16, 16), (16, 320), (320, 16), (16, 321)]
    sizes += [(17, 31), (32, 640), (60, 1200), (1200, 60)]
    files = [*itertools.product(sizes, ("JPEG", "PNG", "WEBP"))]
    files += [(size, "JPEG") for size in ((600, 12_000), (12_000, 600), (12_001, 601))]
    outcomes: Counter[str] = Counter()
    for (width, height), container in files:
        resized = np.asarray(cv2.resize(pixels, (width, height)), np.uint8)
        try:
            outcomes[f"{min(len(eye.faces(written(resized, container))[1]), 1)} faces"] += 1
        except FaceError as error:
            outcomes[error.reason] += 1
    assert set(outcomes) <= {"0 faces", "1 faces", "IMAGE_UNSUPPORTED", "IMAGE_TOO_LARGE"}
    record("odd_shapes", f"{len(files)} thin, tiny and huge files: 0 INTERNAL")


def test_face_at_one_end_of_a_thin_photo_is_found(eye: Eye, portraits: dict[str, Pixels]) -> None:
    """A panorama ten times as wide as high keeps its face, and its coordinates."""
    pixels = portraits["jacinda_ardern/1.jpg"]
    height, width = pixels.shape[:2]
    panorama = np.full((height, 10 * height, 3), 200, np.uint8)
    panorama[:, -width:] = pixels
    (there,) = eye.faces(written(pixels, "PNG"))[1]
    (here,) = eye.faces(written(panorama, "PNG"))[1]
    offset = 10 * height - width
    np.testing.assert_allclose(here.landmarks - [offset, 0], there.landmarks, atol=0.1 * width)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_rotation_retry_finds_turned_people(
    eye: Eye, portraits: dict[str, Pixels], turns: int
) -> None:
    """With ROTATION_RETRY a photo without EXIF that lies on its side is the same person."""
    pixels = portraits["jacinda_ardern/1.jpg"]
    reference = eye.embedding(written(pixels, "PNG"))
    turned = Photo.from_pixels(np.ascontiguousarray(np.rot90(pixels, turns)))
    finder = FaceFinder(eye.engine, DETECTION_SIZE, rotation_retry=RotationRetry.ALWAYS)
    (face,) = finder.find(turned, Call())
    assert float(eye.engine.embed(turned, face) @ reference) > 0.9
