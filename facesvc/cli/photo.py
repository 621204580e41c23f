"""A photo as a command's argument: a file, a URL, or - for standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from facesvc.cli.enrolment.sniff import is_photo
from facesvc.cli.errors import UsageError
from facesvc.v1 import types_pb2

STDIN = "-"
Photo = Annotated[str, typer.Argument(help="Photo: a file, an http(s) URL, or - for stdin.")]
Photos = Annotated[list[str], typer.Argument(help="Photos: files, folders, URLs, or -.")]
Aligned = Annotated[
    bool, typer.Option("--aligned", help="The photos are crops of 112 px, aligned by a device.")
]


def source_of(photo: str, suffix: str = "", *, aligned: bool = False) -> dict[str, Any]:
    """Return the request's fields for a photo, as Compare's with a suffix. Raises OSError."""
    kind = {f"input{suffix}": types_pb2.ALIGNED_CROP} if aligned else {}
    if is_url(photo):
        return {f"image_url{suffix}": photo, **kind}
    return {f"image{suffix}": read_photo(photo), **kind}


def read_photo(photo: str) -> bytes:
    """Return a photo's bytes. Raises OSError; UsageError for a URL, which the service fetches."""
    if is_url(photo):
        raise UsageError(f"{photo} is a URL, and the picture itself is needed here.")
    return sys.stdin.buffer.read() if photo == STDIN else Path(photo).read_bytes()


def is_url(photo: str) -> bool:
    """Tell whether the service is to fetch it."""
    return photo.startswith(("http://", "https://"))


def each_photo(photos: list[str]) -> Iterator[str]:
    """Yield the photos, those of a folder in order and at any depth. Raises OSError."""
    for photo in photos:
        if is_url(photo) or photo == STDIN or not Path(photo).is_dir():
            yield photo
            continue
        for path in sorted(Path(photo).rglob("*")):
            if path.is_file() and is_photo(path):
                yield str(path)
