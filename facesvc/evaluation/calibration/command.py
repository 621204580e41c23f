"""Running a calibration: look at the photos as they are and spoilt, fit, write."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from facesvc.bootstrap.engine import engine_of
from facesvc.domain.calibration import LabelledPhotos, PackCalibration
from facesvc.domain.faces import BoundingBox
from facesvc.domain.recognizability import RecognizabilityCurve
from facesvc.engine.engine import OnnxFaceEngine
from facesvc.evaluation.calibration.degradations import (
    DEGRADATIONS,
    Degradation,
    Pixels,
    fingerprint,
)
from facesvc.evaluation.calibration.genuine import fit_genuine
from facesvc.evaluation.calibration.impostors import fit_impostors
from facesvc.evaluation.calibration.kept_faces import Faces, Kept
from facesvc.evaluation.calibration.observe import observe
from facesvc.evaluation.calibration.recognizability import (
    MIN_FACE_PX,
    fit_crop_curve,
    fit_curve,
    spoilt_to_see,
    sure_confidence,
)
from facesvc.evaluation.labelled_photos import read_labels
from facesvc.models.calibration_json import CALIBRATION_FILE, write_calibration
from facesvc.models.load import folder_of, load_pack
from facesvc.models.manifest import Role
from facesvc.settings import Settings

DEGRADED_PEOPLE = 150  # of each kind; their first photos
_SEED = 0
_THRESHOLD = 0.45  # MATCH_THRESHOLD's default


@dataclass(frozen=True)
class CalibrationOptions:
    """``photos``: a folder with a folder per person, or a CSV file. ``out`` None means the pack's
    folder; ``work`` keeps what was observed. ``same`` names a file of names that are one person.
    """

    photos: Path
    out: Path | None
    work: Path
    name: str
    same: Path | None = None
    threads: int = 2


def run_calibration(settings: Settings, options: CalibrationOptions) -> str:
    """Write the calibration of the settings' pack and return a page about it.

    Raises LabelError, PackError, StartupError, ValueError.
    """
    engine = engine_of(settings)
    pack = load_pack(settings.model_pack, settings.model_root)
    person_of = _people(options)
    options.work.mkdir(parents=True, exist_ok=True)
    clean = look_at_clean(engine, list(map(Path, person_of)), options)
    degraded = look_at_degraded(engine, clean, person_of, options)
    curve = fit_curve(clean, degraded)
    fit = clean.select(recognizable(clean, curve))
    people = numbered(fit, person_of)
    calibration = PackCalibration(
        detector=pack.manifest.with_role(Role.DETECTOR)[0].sha256,
        recognizers=tuple(model.sha256 for model in pack.manifest.with_role(Role.RECOGNIZER)),
        source=LabelledPhotos(options.name, len(fit), len(np.unique(people))),
        recognizability=curve,
        impostors=fit_impostors(fit.embedding, people),
        crop_recognizability=fit_crop_curve(clean, degraded, curve),
        sure_confidence=sure_confidence(clean),
        genuine=fit_genuine(fit.embedding, people),
    )
    folder = folder_of(settings.model_pack, settings.model_root)
    write_calibration(calibration, options.out or folder / CALIBRATION_FILE)
    return page(calibration, clean, degraded)


def look_at_clean(engine: OnnxFaceEngine, photos: list[Path], options: CalibrationOptions) -> Faces:
    """Return what the engine sees in the photos as they are."""
    kept = Kept(options.work / "clean.npz", engine.info.recognizer)
    with tqdm(total=len(photos), unit="photo", file=sys.stderr) as bar:
        return observe(engine, photos, lambda pixels, _: pixels, kept, bar.update, options.threads)


def look_at_degraded(
    engine: OnnxFaceEngine, clean: Faces, person_of: dict[str, str], options: CalibrationOptions
) -> dict[str, Faces]:
    """Return what it sees in one photo of each of DEGRADED_PEOPLE, spoilt in every way."""
    box = {path: BoundingBox(*corners) for path, corners in zip(clean.path, clean.box, strict=True)}
    first = {person_of[path]: Path(path) for path in reversed(clean.path.tolist())}
    everybody = np.random.default_rng(_SEED).permutation(sorted(first))
    photos = [first[name] for name in everybody[:DEGRADED_PEOPLE]]
    seen = {}
    for kind, spoil in DEGRADATIONS.items():
        made_of = f"{engine.info.recognizer} {fingerprint(spoil)}"
        kept = Kept(options.work / f"{kind.replace(' ', '_')}.npz", made_of)

        def spoilt(pixels: Pixels, path: Path, spoil: Degradation = spoil) -> Pixels:
            return spoil(pixels, box[str(path)])

        with tqdm(total=len(photos), unit="photo", desc=kind, file=sys.stderr) as bar:
            seen[kind] = observe(engine, photos, spoilt, kept, bar.update, options.threads)
    return seen


def recognizable(faces: Faces, curve: RecognizabilityCurve) -> NDArray[np.bool_]:
    """Tell which faces the gate lets through."""
    rows = zip(faces.lengths, faces.confidence, strict=True)
    values = np.array([curve.value(lengths, float(at)) for lengths, at in rows], np.float64)
    return np.asarray(~spoilt_to_see(faces) & (values >= curve.limit), np.bool_)


def numbered(faces: Faces, person_of: dict[str, str]) -> NDArray[np.int64]:
    """Return a number for each face's person, int (n,)."""
    names = [person_of[path] for path in faces.path.tolist()]
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def page(calibration: PackCalibration, clean: Faces, degraded: dict[str, Faces]) -> str:
    """Return the shares of faces that the gate refuses, as photos and as aligned crops, how many
    are like another person's photo that was spoilt the same way, and the measured rates, as
    Markdown.
    """
    large = f"clean, {MIN_FACE_PX} px and more"
    lines = ["| photos | faces found | refused | as a crop | match others | of those not refused |"]
    lines += ["|---|---|---|---|---|---|"]
    for kind, faces in {large: clean.select(clean.width >= MIN_FACE_PX), **degraded}.items():
        passing = recognizable(faces, calibration.recognizability)
        crops = calibration.crop_recognizability
        shares = [_refused(passing), "-" if crops is None else _refused(recognizable(faces, crops))]
        alike = ["", ""]
        if kind != large:  # several photos of one person are among the clean ones
            alike = [str(_like_others(faces)), str(_like_others(faces.select(passing)))]
        lines.append(f"| {kind} | {len(faces)} | {' | '.join(shares + alike)} |")
    lines += ["", "| threshold | FMR | 95 % interval | model |", "|---|---|---|---|"]
    for rate in calibration.impostors.measured:
        model = calibration.impostors.fmr(rate.threshold)
        interval = f"{rate.low:.1e} to {rate.high:.1e}"
        lines.append(f"| {rate.threshold} | {rate.fmr:.1e} | {interval} | {model:.1e} |")
    return "\n".join(lines) + "\n"


def _refused(passing: NDArray[np.bool_]) -> str:
    return f"{1 - passing.mean():.1%}" if len(passing) else "-"


def _like_others(faces: Faces) -> int:
    """Return how many of the faces, each of another person, match one of the others."""
    scores = faces.embedding @ faces.embedding.T - 2.0 * np.eye(len(faces), dtype=np.float32)
    return int((scores.max(axis=1, initial=-1.0) >= _THRESHOLD).sum()) if len(faces) else 0


def _people(options: CalibrationOptions) -> dict[str, str]:
    """Return each labelled photo's person, names of one person made one."""
    labels = read_labels(options.photos, same=options.same)
    return {str(photo.path): photo.person for photo in labels.photos if photo.person}
