"""Holds an image's claims against the limits, before anything is decoded."""

from __future__ import annotations

from facesvc.domain.errors import (
    FaceError,
    ImageTooLargeError,
    ImageUndecodableError,
    ImageUnsupportedError,
)
from facesvc.images.decode.jpeg_walk import walk_jpeg
from facesvc.images.decode.limits import DecodeLimits
from facesvc.images.decode.png_walk import SIGNATURE, walk_png
from facesvc.images.decode.structure import Container, Structure, damaged
from facesvc.images.decode.webp_walk import walk_webp

# Fewer bytes than this cannot hold a photo of so many pixels. A baseline JPEG needs 2 bits for
# each of the 6 blocks that make 256 pixels: 0.0059. Deflate reaches 1032:1, which for RGB is
# 0.0029. WebP has no such floor; enlarged, blurred faces at quality 1 measured 0.0033.
MIN_BYTES_PER_PIXEL = {Container.JPEG: 0.005, Container.PNG: 0.002, Container.WEBP: 0.002}


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
    if data.startswith(b"\xff\xd8\xff"):
        return walk_jpeg(data, limits.max_scans)
    if data.startswith(SIGNATURE):
        return walk_png(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return walk_webp(data)
    raise ImageUnsupportedError("The image is no JPEG, PNG or WebP.")


def _check_size(found: Structure, limits: DecodeLimits) -> None:
    if max(found.width, found.height) > limits.max_side:
        raise _over("side", limits.max_side, f"The image has a side over {limits.max_side} pixels.")
    pixels = found.width * found.height
    if pixels > limits.max_pixels:
        raise _over("pixels", limits.max_pixels, f"The image exceeds {limits.max_pixels} pixels.")
    if pixels * found.scans > limits.max_scanned_pixels:
        raise _over("scans", limits.max_scanned_pixels, "The JPEG has too many scans for its size.")


def _check_shape(found: Structure, limits: DecodeLimits) -> None:
    short, long = sorted((found.width, found.height))
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
