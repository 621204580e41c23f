"""Compares the fast detectors with InsightFace's way of running the float32 one.

    python scripts/evaluate_precision.py --labelled DIR --unlabelled DIR --write docs/precision.md

``--labelled`` is a folder with a folder of photos for each person, ``--unlabelled`` one with
any photos below it; the default is the sample photos. The reference is the float32 detector
on InsightFace's square canvas. Tells for each variant how many of its faces are lost, how far
the landmarks move as a part of the eyes' distance, and what that does to verification.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run by path, a script sees its own folder only

from facesvc.adapters.engine.config import EngineConfig, Precision, Runtime  # noqa: E402 - needs the path above
from facesvc.adapters.engine.engine import OnnxFaceEngine, build_engine  # noqa: E402
from facesvc.adapters.intake.decode.decoder import SafeImageDecoder  # noqa: E402
from facesvc.adapters.intake.decode.limits import DecodeLimits  # noqa: E402
from facesvc.adapters.packs.load import load_pack  # noqa: E402
from facesvc.domain.errors import FaceError  # noqa: E402
from facesvc.domain.faces import BoundingBox, DetectedFace  # noqa: E402
from facesvc.domain.photo import Photo  # noqa: E402

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}

# The threshold at which FMR is 1e-4 on all 29.6 million impostor pairs of 7,701 LFW photos:
# 0.40 gives 1.5e-4 and 0.45 gives 2.7e-5; a few thousand pairs cannot place it themselves.
THRESHOLD = 0.41
MAX_LANDMARK_SHIFT = 1.5  # per cent of the eyes' distance, on average
MAX_TAR_LOSS = 0.2  # points


@dataclass(frozen=True)
class Labelled:
    """One photo; ``person`` is "" when nobody said who it shows."""

    name: str
    person: str
    photo: Photo


@dataclass
class Comparison:
    """What a variant made of the reference's faces. ``shifts`` in % of the eyes' distance."""

    faces: int = 0
    lost: list[str] = field(default_factory=list)
    extra: int = 0
    shifts: list[float] = field(default_factory=list)
    cosines: list[float] = field(default_factory=list)

    @property
    def passes(self) -> bool:
        """True when no face is lost and the landmarks stay."""
        return not self.lost and float(np.mean(self.shifts)) <= MAX_LANDMARK_SHIFT


@dataclass(frozen=True)
class Verification:
    """TAR in % at THRESHOLD, and the impostors' spread."""

    tar: float
    genuine: int
    impostors: int
    impostor_mean: float
    impostor_std: float
    impostor_above: int


def read(folder: Path, *, labelled: bool) -> Iterator[Labelled]:
    """Yield the photos below the folder that can be decoded, by name."""
    decoder = SafeImageDecoder(DecodeLimits(), 640)
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES):
        try:
            photo = decoder.decode(path.read_bytes()).full()
        except FaceError as error:
            print(f"left out: {path.name}: {error}", file=sys.stderr)
            continue
        in_person = labelled and path.parent != folder
        yield Labelled(str(path.relative_to(folder)), path.parent.name if in_person else "", photo)


def overlap(first: BoundingBox, second: BoundingBox) -> float:
    """Return the intersection over union, 0-1."""
    across = min(first.x2, second.x2) - max(first.x1, second.x1)
    down = min(first.y2, second.y2) - max(first.y1, second.y1)
    shared = max(0.0, across) * max(0.0, down)
    return shared / (first.area + second.area - shared)


def compare(
    photos: Sequence[Labelled],
    reference: OnnxFaceEngine,
    expected: Sequence[list[DetectedFace]],
    engine: OnnxFaceEngine,
) -> tuple[Comparison, list[list[DetectedFace]]]:
    """Find every face of the reference among the variant's."""
    result, found = Comparison(), [engine.detect(item.photo) for item in photos]
    for item, wanted, faces in zip(photos, expected, found, strict=True):
        result.faces += len(wanted)
        result.extra += max(0, len(faces) - len(wanted))
        for face in wanted:
            best = max(faces, key=lambda other: overlap(face.box, other.box), default=None)
            if best is None or overlap(face.box, best.box) < 0.5:
                result.lost.append(f"{item.name} ({face.confidence:.2f})")
                continue
            moved = np.linalg.norm(face.landmarks - best.landmarks, axis=1).mean()
            eyes = np.linalg.norm(face.landmarks[0] - face.landmarks[1])
            result.shifts.append(float(moved / max(eyes, 1e-6) * 100))
            embeddings = [reference.embed(item.photo, one) for one in (face, best)]
            result.cosines.append(float(embeddings[0] @ embeddings[1]))
    return result, found


def verify(
    photos: Sequence[Labelled], found: Sequence[list[DetectedFace]], engine: OnnxFaceEngine
) -> Verification | None:
    """Compare the largest faces of all labelled photos with each other."""
    people: list[str] = []
    embeddings: list[NDArray[np.float32]] = []
    for item, faces in zip(photos, found, strict=True):
        if item.person and faces:
            largest = max(faces, key=lambda face: face.box.area)
            people.append(item.person)
            embeddings.append(engine.embed(item.photo, largest))
    if len(set(people)) < 2:
        return None
    cosines = np.stack(embeddings) @ np.stack(embeddings).T
    upper = np.triu(np.ones_like(cosines, bool), k=1)
    same = np.array(people)[:, None] == np.array(people)[None, :]
    genuine, impostors = cosines[upper & same], cosines[upper & ~same]
    return Verification(
        tar=float((genuine >= THRESHOLD).mean() * 100),
        genuine=len(genuine),
        impostors=len(impostors),
        impostor_mean=float(impostors.mean()),
        impostor_std=float(impostors.std()),
        impostor_above=int((impostors >= THRESHOLD).sum()),
    )


def describe(name: str, result: Comparison, checked: Verification | None) -> str:
    """Return one row of the table."""
    shifts = np.array(result.shifts)
    low, middle, high = shifts.mean(), np.median(shifts), np.percentile(shifts, 95)
    row = f"| {name} | {result.faces} | {len(result.lost)} | {result.extra} "
    row += f"| {low:.2f} / {middle:.2f} / {high:.2f} "
    row += f"| {np.mean(result.cosines):.4f} / {np.min(result.cosines):.3f} "
    if checked is None:
        return row + "| - | - |"
    row += f"| {checked.tar:.2f} % of {checked.genuine} "
    row += f"| {checked.impostor_mean:+.3f} ± {checked.impostor_std:.3f}, "
    return row + f"{checked.impostor_above} of {checked.impostors} |"


HEADER = """\
| detector | faces | lost | extra | landmarks moved, % of eye distance: mean / median / p95 \
| cosine to the reference: mean / least | TAR at cosine {threshold} | impostors: mean ± sd, above |
|---|---|---|---|---|---|---|---|"""


def main() -> int:
    """Evaluate, print, write; exit with 1 when int8 may not be the default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labelled", type=Path, action="append", default=[])
    parser.add_argument("--unlabelled", type=Path, action="append", default=[])
    parser.add_argument("--model-root", type=Path, default=ROOT / "models")
    parser.add_argument("--pack", default="compact")
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("--write", type=Path, help="the page to write besides printing")
    arguments = parser.parse_args()
    labelled = arguments.labelled
    if not labelled and not arguments.unlabelled:
        labelled = [ROOT / "data" / "samples"]
    photos = [item for folder in labelled for item in read(folder, labelled=True)]
    photos += [item for folder in arguments.unlabelled for item in read(folder, labelled=False)]
    pack = load_pack(arguments.pack, arguments.model_root)
    plain = EngineConfig(detection_size=arguments.size, tight_canvas=False)
    variants = {
        "float32, tight canvas": replace(plain, tight_canvas=True),
        "int8, square canvas": replace(plain, precision=Precision.INT8),
        "int8, tight canvas": replace(plain, tight_canvas=True, precision=Precision.INT8),
        "int8, tight canvas, cascade": replace(
            plain, tight_canvas=True, precision=Precision.INT8, cascade=True
        ),
    }
    if find_spec("openvino") is not None:
        name = "int8 and bfloat16 by OpenVINO, tight canvas"
        variants[name] = replace(variants["int8, tight canvas"], runtime=Runtime.OPENVINO)
    reference = build_engine(pack, plain)
    expected = [reference.detect(item.photo) for item in photos]
    base, _ = compare(photos, reference, expected, reference)
    before = verify(photos, expected, reference)
    lines = [
        HEADER.format(threshold=THRESHOLD),
        describe("float32, square canvas (reference)", base, before),
    ]
    fits = {}
    for name, config in variants.items():
        engine = build_engine(pack, config)
        result, found = compare(photos, reference, expected, engine)
        after = verify(photos, found, engine)
        lines.append(describe(name, result, after))
        loss = before.tar - after.tar if before and after else 0.0
        fits[name] = result.passes and loss <= MAX_TAR_LOSS
        if result.lost:
            print(f"{name} lost: {', '.join(result.lost)}", file=sys.stderr)
    verdicts = [f"- {name}: {'kept' if ok else 'NOT kept'}" for name, ok in fits.items()]
    people = len({item.person for item in photos if item.person})
    page = PAGE.format(
        table="\n".join(lines),
        verdicts="\n".join(verdicts),
        size=arguments.size,
        photos=len(photos),
        people=people,
        pack=arguments.pack,
        machine=f"{platform.machine()}, Python {platform.python_version()}",
        shift=MAX_LANDMARK_SHIFT,
        points=MAX_TAR_LOSS,
        threshold=THRESHOLD,
    )
    print(page)
    if arguments.write:
        arguments.write.write_text(page, encoding="utf-8")
    return 0 if fits["int8, tight canvas"] else 1


PAGE = """\
# Precision of the detector

Written by `scripts/evaluate_precision.py`: pack {pack}, detection size {size}, {photos} photos, \
{people} labelled people ({machine}).

{table}

The limits: no face of the reference lost, landmarks moved by {shift} % of the eyes' distance on \
average, TAR at most {points} points lower.

{verdicts}

The TAR is taken at cosine {threshold}, where FMR is 1e-4 on the 29.6 million impostor pairs of \
7,701 LFW photos; the pairs here are too few to place that threshold themselves, and one genuine \
pair is already a good part of a point. Read it as "nothing broke", not as an accuracy.
"""


if __name__ == "__main__":
    sys.exit(main())
