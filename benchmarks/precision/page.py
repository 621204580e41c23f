"""Writes docs/precision.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.precision.compare import Comparison, Matched, upright_embedding
from benchmarks.precision.photos import VARIATIONS, Judged, Reader
from benchmarks.precision.verify import THRESHOLD, Verification
from benchmarks.speed.report import machine
from facesvc.engine.engine import OnnxFaceEngine

REFERENCE = "float32 on a square canvas (reference)"
DEFAULT = "int8 (default)"
MAX_LANDMARK_SHIFT = 1.5  # per cent of the eyes' distance, on average
MAX_TAR_LOSS = 0.2  # points
LOW_COSINE = 0.9  # faces below are listed one by one
MOST_LISTED = 12


@dataclass(frozen=True)
class Judgement:
    """What one engine made of a set of photos; ``ms`` are its times to detect, by photo."""

    name: str
    comparison: Comparison
    verification: Verification | None
    ms: list[float]


def fits(variant: Judgement, reference: Judgement) -> bool:
    """Tell whether the variant keeps the limits."""
    shifts = [face.shift for face in variant.comparison.matched]
    loss = 0.0
    if variant.verification and reference.verification:
        loss = reference.verification.tar - variant.verification.tar
    return (
        not variant.comparison.lost
        and float(np.mean(shifts)) <= MAX_LANDMARK_SHIFT
        and loss <= MAX_TAR_LOSS
    )


def page(
    originals: Sequence[Judgement],
    harder: Sequence[Judgement],
    photos: Sequence[Judged],
    reader: Reader,
    pack: str,
    size: int,
    reference_engine: OnnxFaceEngine,
) -> str:
    """Return the page in Markdown."""
    reference = originals[0]
    verdicts = [
        f"- {judged.name}: {'kept' if fits(judged, reference) else 'NOT kept'}"
        + (f"; lost {', '.join(judged.comparison.lost)}" if judged.comparison.lost else "")
        for judged in originals[1:]
    ]
    return PAGE.format(
        machine=machine(),
        pack=pack,
        size=size,
        photos=len(photos),
        people=len({item.person for item in photos if item.person}),
        calibration=reader.calibration,
        doubles=reader.doubles,
        originals=_table(originals),
        verdicts="\n".join(verdicts),
        variations=", ".join(VARIATIONS),
        copies=len(photos) * len(VARIATIONS),
        harder=_table(harder),
        harder_note=_note(harder),
        cosines=_cosines([*originals[1:]]),
        harder_cosines=_cosines([*harder[1:]]),
        low=_low([judged for judged in originals if judged.name == DEFAULT], reference_engine),
        cascade=_cascade(originals),
        shift=MAX_LANDMARK_SHIFT,
        points=MAX_TAR_LOSS,
        threshold=THRESHOLD,
    )


def _table(judgements: Sequence[Judgement]) -> str:
    lines = [
        "| detector | faces | lost | gained | photos with another `faces_detected` "
        "| photos with another best face | landmarks moved, % of eye distance: mean / median / p95 "
        f"| TAR at cosine {THRESHOLD} | impostors: mean ± sd, above |",
        "|---" * 9 + "|",
    ]
    for judged in judgements:
        result, checked = judged.comparison, judged.verification
        shifts = np.array([face.shift for face in result.matched])
        cells = [
            judged.name,
            str(result.faces),
            str(len(result.lost)),
            str(len(result.gained)),
            str(len(result.counts)),
            str(len(result.other_best)),
            f"{shifts.mean():.2f} / {np.median(shifts):.2f} / {np.percentile(shifts, 95):.2f}",
        ]
        if checked:
            cells.append(f"{checked.tar:.2f} % of {len(checked.genuine)}")
            cells.append(
                f"{checked.impostors.mean():+.3f} ± {checked.impostors.std():.3f}, "
                f"{checked.false} of {len(checked.impostors)}"
            )
        else:
            cells += ["-", "-"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _note(judgements: Sequence[Judgement]) -> str:
    """Say which variants verify worse here than the limit for the photos as they are allows."""
    base = judgements[0].verification
    lower = [
        f"{judged.name} ({base.tar - judged.verification.tar:.2f})"
        for judged in judgements[1:]
        if base and judged.verification and base.tar - judged.verification.tar > MAX_TAR_LOSS
    ]
    return f"TAR lower by more than {MAX_TAR_LOSS} points here: {', '.join(lower) or 'none'}."


def _cosines(judgements: Sequence[Judgement]) -> str:
    lines = [
        "| detector | faces | number | least | 1 % below | 5 % below | median | under 0.9 |",
        "|---" * 8 + "|",
    ]
    for judged in judgements:
        for name, wanted in (("best of their photo", True), ("others", False)):
            kept = [face.cosine for face in judged.comparison.matched if face.is_best is wanted]
            if not kept:
                continue
            least, low, lower, middle = np.percentile(kept, (0, 1, 5, 50))
            under = sum(value < LOW_COSINE for value in kept)
            lines.append(
                f"| {judged.name} | {name} | {len(kept)} | {least:.3f} | {low:.3f} "
                f"| {lower:.3f} | {middle:.4f} | {under} |"
            )
    return "\n".join(lines)


def _low(judgements: Sequence[Judgement], engine: OnnxFaceEngine) -> str:
    lines = [
        "| photo | best of it | box, px | confidence | landmarks moved, % | cosine "
        "| float32 to the photo turned upright | int8 to it |",
        "|---" * 8 + "|",
    ]
    faces: list[Matched] = sorted(
        (face for judged in judgements for face in judged.comparison.matched),
        key=lambda face: face.cosine,
    )
    for face in [face for face in faces if face.cosine < LOW_COSINE][:MOST_LISTED]:
        upright = upright_embedding(engine, face.photo.photo, face.face)
        to_it = ["-", "-"]
        if upright is not None:
            to_it = [f"{upright @ one:.3f}" for one in face.embeddings]
        lines.append(
            f"| {face.photo.name} | {'yes' if face.is_best else 'no'} | {face.side_px:.0f} "
            f"| {face.face.confidence:.2f} | {face.shift:.1f} | {face.cosine:.3f} "
            f"| {' | '.join(to_it)} |"
        )
    rest = [face.cosine for face in faces if face.cosine >= LOW_COSINE]
    return "\n".join([*lines, "", f"Every other face is at {min(rest):.3f} or above."])


def _cascade(judgements: Sequence[Judgement]) -> str:
    lines = [
        "| detector | ms to detect: mean / median / p95 | of the default's mean |",
        "|---" * 3 + "|",
    ]
    base = next(judged for judged in judgements if judged.name == DEFAULT)
    for judged in judgements:
        ms = np.array(judged.ms)
        lines.append(
            f"| {judged.name} | {ms.mean():.1f} / {np.median(ms):.1f} "
            f"/ {np.percentile(ms, 95):.1f} | {ms.mean() / np.mean(base.ms):.2f} |"
        )
    return "\n".join(lines)


PAGE = """\
# Precision of the detector

Written by `python -m benchmarks.precision`. {machine}. Pack {pack}, detection size {size}.

Judged on {photos} photos, {people} labelled people; {calibration} photos that the int8 detector \
was calibrated on and {doubles} doubles were left out by their content. The reference is the \
float32 detector on InsightFace's square canvas. A variant's canvas follows the photo's shape, \
and its embeddings come from its own chain.

{originals}

The limits: no face of the reference lost, landmarks moved by {shift} % of the eyes' distance on \
average, TAR at most {points} points lower.

{verdicts}

The TAR is taken at cosine {threshold}, where FMR is 1e-4 on the 29.6 million impostor pairs of \
7,701 LFW photos; the pairs here are too few to place that threshold themselves, and one genuine \
pair is already a good part of a point. Read it as "nothing broke", not as an accuracy.

## Harder copies

The same photos {variations}: {copies} copies, from a fixed seed, each copy verified against its \
like. At the edge of what a detector can see it loses some faces and gains others, whichever \
its arithmetic; these are for the balance, the limits hold for the photos as they are.

{harder}

{harder_note}

## Embeddings

Cosine between the reference's embedding and the variant's, of the same face.

{cosines}

On the harder copies:

{harder_cosines}

The photos' faces under 0.9 with the default:

{low}

These are best faces, so it matters when a selfie is like them. The last two columns compare \
both arithmetics with the float32 embedding of the photo turned so that its face is found with \
most confidence: where float32 is as far from that as int8, the face lies on its side, where \
SCRFD's landmarks are a guess. `ROTATION_RETRY=true` is for such photos.

## The cascade

`DETECTION_CASCADE=true` looks at 320 pixels first and is content with one certain face of at \
least a quarter of the photo's long side. Times of `detect` alone, all detectors in turn on \
every photo:

{cascade}

What changes: landmarks come from the smaller input, and a second, small face beside a large one \
is not seen: `faces_detected` then says 1, and a face may be found that 640 does not see. The \
tables above count the photos where that happened. It does not keep the limits: it is off by \
default, for callers who know that each photo shows one large face.
"""
