"""What becomes of every file of three public collections of odd images: docs/image-formats.md.

``python -m benchmarks.image_formats`` fetches the source packages of Pillow and pillow-heif by pip
and that of libvips by apt (Debian; from a temporary list of sources, nothing is installed), decodes
each test image, compares the pixels with what Pillow makes of it, and writes the page. Files of
other kinds than images (scripts, fonts' tables, notes) are left out.
"""

from __future__ import annotations

import argparse
import io
import platform
import re
import subprocess
import sys
import tarfile
import tempfile
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL
import pillow_heif
from PIL import Image, ImageOps

from facesvc.domain.errors import FaceError
from facesvc.images.decode import DecodeLimits, SafeImageDecoder
from facesvc.images.decode.signatures import container_of

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "image-formats.md"
PACKAGES = (
    ("Pillow", "pillow==13.0.0", "Tests/images/"),
    ("pillow-heif", "pillow-heif==1.8.1", "tests/images/"),
)
VIPS_IMAGES = "test/test-suite/images/"
NO_IMAGES = re.compile(
    r"\.(py|txt|md|sh|gpl|ini|gnuplot|pkl|icm|lut|pil|bdf|container)$|/notes$|/reproducing$"
)
ALIKE = 4.0  # mean difference of 0-255: chroma is interpolated in several ways
LARGEST_BYTES = 64 * 2**20


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-debian", action="store_true", help="leave libvips out")
    options = parser.parse_args()
    pillow_heif.register_heif_opener()
    warnings.simplefilter("ignore")
    decoder = SafeImageDecoder(
        DecodeLimits(max_bytes=LARGEST_BYTES, min_side=1, max_aspect=1e9), detection_size=1 << 20
    )
    sections = []
    with tempfile.TemporaryDirectory() as folder:
        archives = [
            (name, version, fetch_from_pip(version, Path(folder)), part)
            for name, version, part in PACKAGES
        ]
        if not options.without_debian:
            archive = fetch_from_debian("vips", Path(folder))
            archives.append(("libvips", archive.name.split(".orig")[0], archive, VIPS_IMAGES))
        for name, version, archive, part in archives:
            found = [(path, outcome_of(decoder, data)) for path, data in images_in(archive, part)]
            sections.append(section(name, version, found))
    PAGE.write_text(page(sections))
    sys.stdout.write(f"{PAGE} written\n")


def fetch_from_pip(requirement: str, folder: Path) -> Path:
    """Return a package's source archive."""
    target = folder / re.sub(r"\W", "_", requirement)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary=:all:"]
    # pip goes on to build what it has downloaded, which may fail; the archive is there by then.
    subprocess.run([*command, f"--dest={target}", requirement], check=False, capture_output=True)
    found = sorted(target.glob("*.tar.gz"))
    if not found:
        raise SystemExit(f"{requirement} has not been downloaded")
    return found[0]


def fetch_from_debian(package: str, folder: Path) -> Path:
    """Return a source package's upstream archive, by the machine's own list of mirrors."""
    sources, lists = folder / "sources", folder / "lists"
    (lists / "partial").mkdir(parents=True)
    sources.mkdir()
    for path in Path("/etc/apt/sources.list.d").glob("*.sources"):
        text = re.sub(r"^Types:.*$", "Types: deb-src", path.read_text(), flags=re.MULTILINE)
        (sources / path.name).write_text(text)
    options = [
        *("-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={sources}"),
        *("-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={folder}"),
    ]
    for arguments in (["update"], ["source", "--download-only", package]):
        subprocess.run(
            ["apt-get", "-qq", *options, *arguments], cwd=folder, check=True, capture_output=True
        )
    return next(iter(folder.glob(f"{package}_*.orig.tar.*")))


def images_in(archive: Path, part: str) -> Iterator[tuple[str, bytes]]:
    """Return path and content of each test image, in order."""
    with tarfile.open(archive) as files:
        members = sorted((m for m in files.getmembers() if m.isfile()), key=lambda m: m.name)
        for member in members:
            _, found, path = member.name.partition(f"/{part}")
            content = files.extractfile(member)
            if found and content is not None and not NO_IMAGES.search(path):
                yield path, content.read()


def outcome_of(decoder: SafeImageDecoder, data: bytes) -> tuple[str, str]:
    """Return a kind of outcome, and its detail."""
    try:
        pixels = decoder.decode(data).pixels
    except FaceError as error:
        if owners_pixels(data) is None or not container_of(data):
            return error.reason, error.message
        return f"{error.reason}, though Pillow decodes it", error.message
    expected = owners_pixels(data)
    if expected is None:
        return "decoded, though Pillow does not", ""
    if expected.shape != pixels.shape:
        return "decoded, another size than Pillow's", f"{pixels.shape[1]} x {pixels.shape[0]}"
    difference = float(np.abs(expected.astype(int) - pixels).mean())
    if difference > ALIKE:
        return "decoded, other pixels than Pillow's", f"mean difference {difference:.0f} of 255"
    return "decoded", ""


def owners_pixels(data: bytes) -> np.ndarray[Any, Any] | None:
    """Return what Pillow makes of a file, upright, over white, BGR; None for nothing."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            image = ImageOps.exif_transpose(opened)
            image.load()
            if image.mode.startswith("I;16"):
                image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
            if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
                image = image.convert("RGBA")
                white = Image.new("RGBA", image.size, "white")
                image = Image.alpha_composite(white, image)
            return np.asarray(image.convert("RGB"))[..., ::-1]
    except Exception:  # whatever another library raises on odd files
        return None


def section(name: str, version: str, found: list[tuple[str, tuple[str, str]]]) -> str:
    """Return a collection's part of the page."""
    counts = Counter(kind for _, (kind, _) in found)
    lines = [f"## {name} ({version})", "", "| outcome | files |", "|---|---|"]
    lines += [f"| {kind} | {count} |" for kind, count in counts.most_common()]
    by_detail: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path, (kind, detail) in found:
        if kind != "decoded":
            by_detail[kind, re.sub(r": send a .*", "", detail)].append(path)
    lines += ["", "Every file that is not simply decoded:", "", "| outcome | files |", "|---|---|"]
    for (kind, detail), paths in sorted(by_detail.items()):
        text = f"{kind}: {detail}" if detail else kind
        lines.append(f"| {text} | {', '.join(f'`{path}`' for path in paths)} |")
    return "\n".join(lines)


def page(sections: list[str]) -> str:
    """Return the page, whose beginning is written by hand in this file."""
    heading = f"""# Image formats: every file of three collections

Written by `python -m benchmarks.image_formats` (OpenCV {cv2.__version__}, Pillow
{PIL.__version__}, {platform.machine()}): the test images in the source packages of Pillow,
pillow-heif and libvips, decoded without the limits of side and shape, and compared with Pillow's
own pixels over white. Many of these files are broken on purpose.

What differs from Pillow on purpose: TIFFs of floating-point samples are refused, as are TIFFs with
JPEG of the old kind, whose reader has a bad record; XMP's and ImageMagick's text copies of EXIF
turn nothing; numbers of 16 bits are scaled, not clipped; of an APNG the picture is taken that
viewers without animation show; a JPEG without its end is decoded when its rows are whole, and a
HEIC that is cut short is refused. What is not solved: `guitar_cw90.hif` comes out with less
contrast, because its container and its bitstream tell different ranges and the bitstream's is used.
"""
    return "\n\n".join([heading.rstrip(), *sections]) + "\n"


if __name__ == "__main__":
    main()
