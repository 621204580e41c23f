"""AVIF, HEIC, GIF, BMP and TIFF, animations of every kind, and names for what is none of these."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from facesvc.domain.errors import (
    ImageTooLargeError,
    ImageUndecodableError,
    ImageUnsupportedError,
)
from facesvc.images.decode import DecodeLimits, SafeImageDecoder
from facesvc.images.decode.signatures import SUPPORTED
from tests.heic_files import heic
from tests.pictures import Pixels, differs, picture, written


def decode(data: bytes) -> Pixels:
    """Return the pixels by the decoder under test, with its default limits."""
    return SafeImageDecoder().decode(data).pixels


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """Return an image in a container, as it is."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def rgb(pixels: Pixels) -> Image.Image:
    """Return BGR pixels as an image."""
    return Image.fromarray(pixels[..., ::-1].copy())


FORMATS = {
    "avif": lambda p: written(p, "AVIF", quality=95),
    "avif 4:4:4": lambda p: written(p, "AVIF", quality=95, subsampling="4:4:4"),
    "avif alpha": lambda p: written(p, "AVIF", "RGBA", quality=95),
    "heic": lambda p: heic(rgb(p)),
    "heic of tiles": lambda p: heic(rgb(p), tile_size=64),
    "heic 10 bits": lambda p: heic(rgb(p), bits=10),
    "heic alpha": lambda p: heic(rgb(p).convert("RGBA")),
    "gif": lambda p: written(p, "GIF"),
    "bmp": lambda p: written(p, "BMP"),
    "bmp palette": lambda p: saved(rgb(p).quantize(256), "BMP"),
    "bmp alpha": lambda p: written(p, "BMP", "RGBA"),
    "tiff": lambda p: written(p, "TIFF"),
    "tiff deflate": lambda p: written(p, "TIFF", compression="tiff_adobe_deflate"),
    "tiff lzw": lambda p: written(p, "TIFF", compression="tiff_lzw"),
    "tiff jpeg": lambda p: written(p, "TIFF", compression="jpeg", quality=95),
    "tiff cmyk": lambda p: written(p, "TIFF", "CMYK"),
    "tiff alpha": lambda p: written(p, "TIFF", "RGBA"),
    "big tiff": lambda p: saved(rgb(p), "TIFF", big_tiff=True),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_same_pixels(kind: str) -> None:
    """The container, its colour model and its depth leave no trace in the pixels."""
    source = picture(192, 128)
    coarse = kind in ("gif", "bmp palette")
    assert differs(decode(FORMATS[kind](source)), source) < (16 if coarse else 4)


@pytest.mark.parametrize(
    ("kind", "keep"),
    # A TIFF ends with its directory.
    [(k, part) for k in FORMATS for part in (0.2, 0.6, 0.9) if "tiff" not in k or part < 0.9],
)
def test_files_that_are_cut_short_are_undecodable(kind: str, keep: float) -> None:
    """Half a picture is an error in each format, not a face on grey."""
    data = FORMATS[kind](picture(192, 128))
    with pytest.raises(ImageUndecodableError):
        decode(data[: int(len(data) * keep)])


@pytest.mark.parametrize("kind", ["I;16", "I;16B"])
def test_grey_of_16_bits_keeps_its_brightness(kind: str) -> None:
    """The upper eight bits are taken, in either order of bytes."""
    deep = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 16
    image = Image.fromarray(deep.astype(">u2") if kind == "I;16B" else deep)
    decoded = decode(saved(image, "TIFF"))
    assert differs(decoded[..., 0], (deep >> 8).astype(np.uint8)) == 0


@pytest.mark.parametrize("tag", [256, 258, 259, 273, 277, 279, 322])
def test_a_field_of_a_tiff_without_a_value_is_as_if_it_were_not_there(tag: int) -> None:
    """What mutations of files found: it is the file that is wrong, not the service."""
    fields = {256: 32, 257: 32, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 279: 1024, 322: 0}
    entries = b"".join(
        struct.pack("<HHII", name, 4, 0 if name == tag else 1, value)
        for name, value in fields.items()
        if name != 322 or tag == 322
    )
    data = b"II*\0" + struct.pack("<I", 8 + 1024) + bytes(1024)
    data += struct.pack("<H", len(entries) // 12) + entries + bytes(4)
    try:
        assert decode(data).shape == (32, 32, 3)
    except (ImageUndecodableError, ImageUnsupportedError) as error:
        assert "TIFF" in str(error)


@pytest.mark.parametrize("masks", [(0xF00, 0xF0, 0xF), (0xF800, 0x7E0, 0x1F)])
def test_bmp_with_masks_of_its_own(masks: tuple[int, int, int]) -> None:
    """Channels of four, five or six bits lie where the header says."""
    header = struct.pack("<IiiHHIIiiII", 40, 16, -16, 1, 16, 3, 0, 0, 0, 0, 0)
    body = header + struct.pack("<III", *masks)
    red = struct.pack("<H", masks[0]) * 256
    data = b"BM" + struct.pack("<IHHI", 0, 0, 0, 14 + len(body)) + body + red
    assert (decode(data) == (0, 0, 255)).all()


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "AVIF", "TIFF"])
def test_animations_and_pages_give_their_first_frame(kind: str) -> None:
    """A moving picture is its first frame, as a viewer shows it before it moves."""
    frames = [rgb(picture()), rgb(picture()[::-1].copy()), rgb(picture()[:, ::-1].copy())]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert differs(decode(data), picture()) < (16 if kind == "GIF" else 4)


def test_a_first_frame_smaller_than_its_canvas_lies_on_white() -> None:
    """Where an animation's first frame leaves the canvas bare, viewers show the page."""
    patch = rgb(picture(40, 30))
    gif = saved(patch, "GIF")
    gif = gif[:6] + struct.pack("<HH", 60, 50) + gif[10:]
    at = gif.index(b"\x2c\0\0\0\0\x28\0")
    gif = gif[: at + 1] + struct.pack("<HH", 10, 15) + gif[at + 5 :]
    decoded = decode(gif)
    assert decoded.shape == (50, 60, 3)
    assert (decoded[:15] == 255).all()
    assert differs(decoded[15:45, 10:50], picture(40, 30)) < 16


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["TIFF", "AVIF", "HEIC"])
def test_orientation_is_applied(kind: str, orientation: int) -> None:
    """EXIF's eight orientations, as a TIFF's tag and as irot and imir of AVIF and HEIC."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = rgb(picture(96, 64))
    if kind == "HEIC":
        data = heic(turned, orientation=orientation)
    else:
        data = saved(turned, kind, exif=exif.tobytes())
    plain = saved(turned, "JPEG", quality=95, exif=exif.tobytes())
    photo = SafeImageDecoder().decode(data)
    expected = SafeImageDecoder().decode(plain)
    assert (photo.width, photo.height) == (expected.width, expected.height)
    assert differs(photo.pixels, expected.pixels) < 4


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\xff\x0a" + bytes(20), "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(20), "JPEG 2000"),
        (b"8BPS\0\1" + bytes(20), "PSD"),
        (b"%PDF-1.7\n", "PDF"),
        (b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\n<!DOCTYPE HTML><html><body>Please log in</body></html>", "web page"),
        (b"<html>\r\n<head><title>403 Forbidden</title></head></html>", "web page"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "XML"),
        (b'{"error": "not found"}', "JSON"),
        (b"\0\0\0\x18ftypmp42" + bytes(20), "video"),
        (b"\x1aE\xdf\xa3" + bytes(20), "video"),
        (b"RIFF\x10\0\0\0AVI LIST", "video"),
        (b"FUJIFILMCCD-RAW 0201", "raw"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "raw"),
        (b"II*\0\x10\0\0\0CR\2\0" + bytes(100), "raw"),
        (b"\0\0\1\0\1\0" + bytes(20), "icon"),
        (b"P6\n10 10\n255\n", "PNM"),
        (b"PK\3\4" + bytes(20), "ZIP"),
        (b"/9j/" + b"4AAQSkZJRgABAQ" * 9, "base64"),
        (b"Not found", "text"),
    ],
)
def test_what_is_not_decoded_is_named_with_what_is(data: bytes, name: str) -> None:
    """The error says what was sent and what to send instead."""
    with pytest.raises(ImageUnsupportedError, match=name) as refused:
        decode(data)
    assert SUPPORTED in str(refused.value)


@pytest.mark.parametrize("data", [b"\x80\x81\x82" * 20, bytes(100_000)])
def test_what_nobody_knows_is_told_the_formats(data: bytes) -> None:
    """Noise has no name."""
    with pytest.raises(ImageUnsupportedError, match="The image is no JPEG"):
        decode(data)


def test_a_jpeg_of_100_megapixels_is_decoded_at_a_fraction() -> None:
    """Its rows go by; neither the photo nor a larger version of it is held whole."""
    data = saved(Image.new("RGB", (11_648, 8736), (90, 120, 150)), "JPEG", quality=70)
    photo = SafeImageDecoder().decode(data)
    assert (photo.width, photo.height) == (11_648, 8736)
    assert photo.scale == 0.125
    assert photo.full().scale == 0.5
    assert photo.full().pixels.shape == (4368, 5824, 3)


def test_a_progressive_jpeg_of_100_megapixels_is_too_large() -> None:
    """Its coefficients would be held whole, whatever the scale."""
    small = saved(Image.new("RGB", (1200, 900)), "JPEG", progressive=True)
    frame = small.index(b"\xff\xc2")
    large = small[: frame + 5] + struct.pack(">HH", 8736, 11_648) + small[frame + 9 :]
    with pytest.raises(ImageTooLargeError) as refused:
        decode(large)
    assert refused.value.metadata["rule"] == "pixels"


@pytest.mark.parametrize("kind", ["avif", "heic", "gif", "bmp", "tiff"])
def test_limits_hold_in_every_format(kind: str) -> None:
    """A picture of more pixels than allowed is refused by its claims."""
    small = SafeImageDecoder(DecodeLimits(max_pixels=1000))
    with pytest.raises(ImageTooLargeError) as refused:
        small.decode(FORMATS[kind](picture()))
    assert refused.value.metadata == {"rule": "pixels", "limit": "1000"}
