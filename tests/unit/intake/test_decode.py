"""The decoder: every kind of image gives the same upright BGR pixels, and lies give errors."""

from __future__ import annotations

import gc
import io
import struct
import weakref
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from facesvc.domain.errors import (
    ImageTooLargeError,
    ImageUndecodableError,
    ImageUnsupportedError,
)
from facesvc.images.decode import DecodeLimits, SafeImageDecoder
from tests.pictures import Pixels, differs, picture, written


def decode(data: bytes) -> Pixels:
    """Return the pixels by the decoder under test, with its default limits."""
    return SafeImageDecoder().decode(data).pixels


def rgba16(pixels: Pixels) -> bytes:
    """Return an opaque PNG of four channels of 16 bits."""
    data = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)]).astype(np.uint16) * 257
    return cv2.imencode(".png", data)[1].tobytes()


def plain_cmyk(pixels: Pixels) -> bytes:
    """Return a CMYK JPEG without Adobe's marker, where 255 is full ink."""
    ink = np.dstack([255 - pixels[..., ::-1], np.zeros(pixels.shape[:2], np.uint8)])
    buffer = io.BytesIO()
    # Pillow writes CMYK inverted and says so by Adobe's marker: write the inverse, drop the marker.
    Image.fromarray(255 - ink, "CMYK").save(buffer, "JPEG", quality=95)
    data = buffer.getvalue()
    start = data.index(b"\xff\xee")
    return data[:start] + data[start + 2 + int.from_bytes(data[start + 2 : start + 4], "big") :]


@pytest.mark.parametrize(
    "kind",
    [
        "JPEG",
        "progressive",
        "444",
        "cmyk",
        "plain-cmyk",
        "PNG",
        "palette",
        "alpha",
        "16-bit",
        "16-bit-alpha",
        "WEBP",
        "lossless",
    ],
)
def test_every_colour_kind_gives_the_same_pixels(kind: str) -> None:
    """The container, its colour model and its depth leave no trace in the pixels."""
    source = picture()
    data = {
        "JPEG": lambda: written(source, "JPEG", quality=95),
        "progressive": lambda: written(source, "JPEG", quality=95, progressive=True),
        "444": lambda: written(source, "JPEG", quality=95, subsampling=0),
        "cmyk": lambda: written(source, "JPEG", "CMYK", quality=95),
        "plain-cmyk": lambda: plain_cmyk(source),
        "PNG": lambda: written(source, "PNG"),
        "palette": lambda: written(source, "PNG", "P"),
        "alpha": lambda: written(source, "PNG", "RGBA"),
        "16-bit-alpha": lambda: rgba16(source),
        "16-bit": lambda: cv2.imencode(".png", source.astype(np.uint16) * 257)[1].tobytes(),
        "WEBP": lambda: written(source, "WEBP", quality=95),
        "lossless": lambda: written(source, "WEBP", "RGBA", lossless=True),
    }[kind]()
    assert differs(decode(data), source) < (16 if kind == "palette" else 4)


@pytest.mark.parametrize(("container", "mode"), [("JPEG", "L"), ("PNG", "L"), ("PNG", "LA")])
def test_grey_gives_three_equal_channels(container: str, mode: str) -> None:
    """A grey picture is BGR like any other."""
    decoded = decode(written(picture(), container, mode))
    grey = np.asarray(cv2.cvtColor(picture(), cv2.COLOR_BGR2GRAY), np.uint8)
    assert differs(decoded, cv2.merge([grey] * 3)) < 4


def test_transparent_parts_are_white() -> None:
    """What a viewer cannot see does not reach the engine."""
    rgba = np.dstack([picture()[..., ::-1], np.zeros((64, 96), np.uint8)])
    rgba[:32, :, 3] = 255
    buffer = io.BytesIO()
    Image.fromarray(rgba).save(buffer, "PNG")
    decoded = decode(buffer.getvalue())
    assert differs(decoded[:32], picture()[:32]) < 1
    assert (decoded[32:] == 255).all()


@pytest.mark.parametrize("container", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(container: str, orientation: int) -> None:
    """All eight EXIF orientations come out as another library turns them, in each container."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = written(picture(), container, exif=exif.tobytes(), quality=95)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)).convert("RGB"))
    photo = SafeImageDecoder().decode(data)
    assert (photo.width, photo.height) == upright.size
    assert differs(photo.pixels, np.asarray(upright)[..., ::-1]) < 2


def test_large_jpeg_is_reduced_and_can_be_had_whole() -> None:
    """A large photo is decoded at a fraction, says so, and decodes whole on demand."""
    exif = Image.Exif()
    exif[0x0112] = 6
    data = written(picture(2001, 1000), "JPEG", exif=exif.tobytes())
    photo = SafeImageDecoder(detection_size=480).decode(data)
    assert (photo.pixels.shape, photo.scale) == ((1001, 500, 3), 0.5)
    assert (photo.width, photo.height) == (1000, 2001)
    whole = photo.full()
    assert (whole.pixels.shape, whole.scale) == ((2001, 1000, 3), 1.0)
    assert SafeImageDecoder(detection_size=320).decode(data).scale == 0.25
    assert SafeImageDecoder(detection_size=1280).decode(data).scale == 1.0


@pytest.mark.parametrize(
    ("asked", "given"), [(0.1, 0.125), (0.125, 0.125), (0.2, 0.25), (0.5, 0.5), (0.6, 1), (7, 1)]
)
def test_a_reduced_photo_is_decoded_again_no_larger_than_needed(asked: float, given: float) -> None:
    """A small face costs the next scale that has its pixels, not the whole photo; and only once."""
    reduced = SafeImageDecoder(detection_size=128).decode(written(picture(2001, 1000), "JPEG"))
    assert reduced.scale == 0.125
    again = reduced.at_least(asked)
    assert again.scale == given
    assert again.pixels.shape[1] == -(-2001 * given // 1)
    assert (again.width, again.height) == (2001, 1000)
    assert reduced.at_least(asked).pixels is again.pixels
    assert again.full().scale == 1


def test_a_photos_pixels_are_freed_with_it() -> None:
    """No cycle keeps megabytes until the garbage collector passes."""
    photo = SafeImageDecoder(detection_size=128).decode(written(picture(2001, 1000), "JPEG"))
    larger = photo.at_least(0.5)
    pixels = [
        weakref.ref(photo.pixels),
        weakref.ref(larger.pixels),
        weakref.ref(photo.full().pixels),
    ]
    gc.disable()
    try:
        del photo, larger
        assert [kept() for kept in pixels] == [None] * 3
    finally:
        gc.enable()


def test_bytes_after_the_end_are_ignored() -> None:
    """Phones append previews and video to JPEGs."""
    assert differs(decode(written(picture(), "JPEG") + b"trailer" * 100), picture()) < 4


@pytest.mark.parametrize("container", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.98])
def test_truncated_images_are_undecodable(container: str, keep: float) -> None:
    """Half a picture is an error in each container, not a face on grey."""
    data = written(picture(), container)
    with pytest.raises(ImageUndecodableError):
        decode(data[: int(len(data) * keep)])


@pytest.mark.parametrize(("container", "end"), [("JPEG", 2), ("PNG", 12)])
def test_a_missing_end_marker_takes_nothing_from_a_whole_picture(container: str, end: int) -> None:
    """Rows count: with all of them there the picture is decoded as if it had ended well."""
    data = written(picture(), container)
    assert differs(decode(data[:-end]), decode(data)) == 0


def test_an_end_marker_does_not_make_half_a_picture_whole() -> None:
    """Some programs close what they cut off; the missing rows would be grey."""
    data = written(picture(), "JPEG")
    with pytest.raises(ImageUndecodableError):
        decode(data[: len(data) * 3 // 4] + b"\xff\xd9")


def test_a_progressive_jpeg_without_its_last_scans_and_end_is_undecodable() -> None:
    """All rows are there, but nobody knows how many scans are missing."""
    data = written(picture(), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    with pytest.raises(ImageUndecodableError, match="cut short"):
        decode(data[:last])
    assert differs(decode(data[:-2]), decode(data)) == 0


def test_jpeg_without_a_scan_of_each_component_is_undecodable() -> None:
    """A picture that lacks a colour is not whole."""
    data = written(picture(), "JPEG", progressive=True)
    first = data.index(b"\xff\xda")
    second = data.index(b"\xff\xda", first + 2)
    with pytest.raises(ImageUndecodableError):
        decode(data[:first] + data[second:])


def test_bytes_between_segments_are_passed_over() -> None:
    """Some writers leave junk before a marker; viewers show the picture all the same."""
    data = written(picture(), "JPEG")
    tables = data.index(b"\xff\xdb")
    assert differs(decode(data[:tables] + b"junk" + data[tables:]), decode(data)) == 0


def test_damage_inside_a_scan_is_undecodable() -> None:
    """Flipped bits shift all rows behind them."""
    data = bytearray(written(picture(300, 200), "JPEG", quality=95))
    middle = len(data) // 2
    data[middle : middle + 40] = bytes(range(1, 41))
    with pytest.raises(ImageUndecodableError):
        decode(bytes(data))


def png_of(width: int, height: int, payload: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of these claims around any payload, its checksums right."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", payload), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )


def sized_jpeg(width: int, height: int) -> bytes:
    """Return a small JPEG that claims another size."""
    data = written(picture(), "JPEG")
    frame = data.index(b"\xff\xc0")
    return data[: frame + 5] + struct.pack(">HH", height, width) + data[frame + 9 :]


@pytest.mark.parametrize(
    ("data", "error", "rule"),
    [
        (b"", ImageUndecodableError, None),
        (b"GIF89a" + bytes(100), ImageUndecodableError, None),
        (b"<svg/>", ImageUnsupportedError, None),
        (b"\xff\xd8\xff", ImageUndecodableError, None),
        (b"\xff\xd8\xff\xd9", ImageUndecodableError, None),
        (b"RIFF\x04\0\0\0WEBP", ImageUndecodableError, None),
        (written(picture(), "JPEG") + bytes(200_000), ImageTooLargeError, "bytes"),
        (png_of(17_000, 100, bytes(9000)), ImageTooLargeError, "side"),
        (png_of(10_000, 10_000, bytes(9000)), ImageTooLargeError, "pixels"),
        (sized_jpeg(65_000, 65_000), ImageTooLargeError, "side"),
        (sized_jpeg(4000, 3000), ImageUndecodableError, None),
        (png_of(4000, 3000, bytes(9000)), ImageUndecodableError, None),
        (png_of(0, 100, bytes(9000)), ImageUndecodableError, None),
        (png_of(1, 1, bytes(9000)), ImageUnsupportedError, "min_side"),
        (png_of(100, 2001, bytes(9000)), ImageUnsupportedError, "aspect"),
        (png_of(100, 100, bytes(9000)), ImageUndecodableError, None),
        (png_of(100, 100, bytes(9000), (b"IHDR", bytes(13))), ImageUndecodableError, None),
    ],
)
def test_false_claims_are_refused(data: bytes, error: type[Exception], rule: str | None) -> None:
    """Each limit and each lie has its error, with the rule where there is a number."""
    with pytest.raises(error) as refused:
        SafeImageDecoder(DecodeLimits(max_bytes=200_000)).decode(data)
    assert getattr(refused.value, "metadata", {}).get("rule") == rule


def test_jpeg_of_too_many_scans_is_refused() -> None:
    """Each scan of a progressive JPEG costs a pass over the picture."""
    data = written(picture(), "JPEG", progressive=True)
    scan = data.index(b"\xff\xda")
    end = data.index(b"\xff\xda", scan + 2)
    with pytest.raises(ImageUnsupportedError, match="100 scans"):
        decode(data[:scan] + data[scan:end] * 101 + data[scan:])


def test_jpeg_of_other_kinds_is_unsupported() -> None:
    """Arithmetic coding and 12 bits are named instead of mistaken for damage."""
    data = bytearray(written(picture(), "JPEG"))
    frame = data.index(b"\xff\xc0")
    with pytest.raises(ImageUnsupportedError, match="arithmetic"):
        decode(bytes(data[:frame]) + b"\xff\xc9" + bytes(data[frame + 2 :]))
    data[frame + 4] = 12
    with pytest.raises(ImageUnsupportedError, match="12 bits"):
        decode(bytes(data))
