"""Holds an image's claims against the limits, before anything is decoded."""

from __future__ import annotations

from facesvc.domain.errors import (
    FaceError,
    ImageTooLargeError,
    ImageUndecodableError,
    ImageUnsupportedError,
)
from facesvc.images.decode.bmp_walk import walk_bmp
from facesvc.images.decode.decode_limits import REDUCED_FACTOR, DecodeLimits
from facesvc.images.decode.gif_walk import walk_gif
from facesvc.images.decode.heif_walk import walk_heif
from facesvc.images.decode.jpeg_walk import walk_jpeg
from facesvc.images.decode.png_walk import walk_png
from facesvc.images.decode.signatures import SUPPORTED, container_of, name_of
from facesvc.images.decode.structure import Container, Structure, damaged
from facesvc.images.decode.tiff_walk import is_raw, walk_tiff
from facesvc.images.decode.webp_walk import walk_webp

# Fewer bytes than this cannot hold a photo of so many pixels. A baseline JPEG needs 2 bits for
# each of the 6 blocks that make 256 pixels: 0.0059. Deflate reaches 1032:1, which for RGB is
# 0.0029. WebP has no such floor; enlarged, blurred faces at quality 1 measured 0.0033. GIF's LZW
# reaches 2500:1. Video codecs skip blocks of 64 x 64 pixels for less than a byte, and a TIFF or a
# BMP may hold a blank page.
MIN_BYTES_PER_PIXEL = {
    Container.JPEG: 0.005,
    Container.PNG: 0.002,
    Container.WEBP: 0.002,
    Container.AVIF: 0.0005,
    Container.HEIC: 0.0005,
    Container.GIF: 0.0004,
    Container.BMP: 0.0005,
    Container.TIFF: 0.00005,
}


def inspect(data: bytes, limits: DecodeLimits) -> Structure:
    """Return the structure of an image that is fit to be decoded.

    Raises ImageTooLargeError, ImageUnsupportedError, ImageUndecodableError.
    """
    if len(data) > limits.max_bytes:
        raise _over("bytes", limits.max_bytes, f"The image exceeds {limits.max_bytes} bytes.")
    structure = _walk(data, limits)
    for check in (_check_size, _check_shape, _check_density):
        check(structure, limits)
    return structure


def _walk(data: bytes, limits: DecodeLimits) -> Structure:
    if not data:
        raise ImageUndecodableError("The image is empty.")
    container = container_of(data)
    match container:
        case Container.JPEG:
            return walk_jpeg(data, limits.max_scans)
        case Container.PNG:
            return walk_png(data)
        case Container.WEBP:
            return walk_webp(data)
        case Container.AVIF | Container.HEIC:
            return walk_heif(data, container)
        case Container.GIF:
            return walk_gif(data)
        case Container.BMP:
            return walk_bmp(data)
        case Container.TIFF if not is_raw(data):
            return walk_tiff(data, limits)
    raise _not_an_image("a camera's raw file" if container else name_of(data))


def _not_an_image(name: str) -> ImageUnsupportedError:
    """Return the error that says what the bytes are, and what to send instead."""
    if not name:
        return ImageUnsupportedError(f"The image is no {SUPPORTED}.")
    return ImageUnsupportedError(f"This is {name}: send a {SUPPORTED}.", found=name)


def _check_size(found: Structure, limits: DecodeLimits) -> None:
    if max(found.width, found.height) > limits.max_side:
        raise _over("side", limits.max_side, f"The image has a side over {limits.max_side} pixels.")
    pixels = found.width * found.height
    most = limits.max_pixels
    if found.container is Container.JPEG and not found.buffered_pixels:
        most = int(most * REDUCED_FACTOR)
    if pixels > most:
        raise _over("pixels", most, f"The image exceeds {most} pixels.")
    if pixels * found.scans > limits.max_scanned_pixels:
        raise _over("scans", limits.max_scanned_pixels, "The JPEG has too many scans for its size.")


def _check_shape(found: Structure, limits: DecodeLimits) -> None:
    short, long = sorted(found.crop[2:] if found.crop else (found.width, found.height))
    if short == 0:
        raise damaged(found.container, "it has no size")
    if short < limits.min_side:
        raise ImageUnsupportedError(
            f"The image has a side under {limits.min_side} pixels.",
            rule="min_side",
            limit=limits.min_side,
        )
    if long > limits.max_aspect * short:
        raise ImageUnsupportedError(
            f"The image is over {limits.max_aspect:g} times as long as it is wide.",
            rule="aspect",
            limit=limits.max_aspect,
        )


def _check_density(found: Structure, _: DecodeLimits) -> None:
    if found.payload_bytes < found.width * found.height * MIN_BYTES_PER_PIXEL[found.container]:
        raise damaged(found.container, "it is too small a file for the size that it claims")


def _over(rule: str, limit: int, message: str) -> FaceError:
    return ImageTooLargeError(message, rule=rule, limit=limit)
