"""Checks the index on real embeddings: real people among synthetic ones.

``python -m benchmarks.gallery.recall [--photos FOLDER] [--faces N] [--pack NAME]``

The folder has a folder for each person. One photo of each is enrolled among synthetic faces, which
lie around the mean of the real ones as widely as these do; every other photo is a probe. Prints the
recall of the ten best and of the users over the threshold against a float32 comparison with all,
and how many of the real strangers a search cannot rule out by their first numbers.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facesvc.domain.photo import Photo
from facesvc.engine.config import EngineConfig
from facesvc.engine.engine import OnnxFaceEngine, build_engine
from facesvc.gallery.index import kernels
from facesvc.gallery.index.exact import ExactIndex
from facesvc.gallery.index.port import IndexView
from facesvc.gallery.stores.port import SampleBlock
from facesvc.models.load import load_pack

ROOT = Path(__file__).resolve().parents[2]

Vectors = NDArray[np.float32]
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
THRESHOLD = 0.45


def main() -> None:
    """Embed, enrol, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, default=ROOT / "data" / "samples")
    parser.add_argument("--faces", type=int, default=100_000, help="size of the gallery")
    parser.add_argument("--pack", default="open")
    parser.add_argument("--model-root", type=Path, default=ROOT / "models")
    options = parser.parse_args()
    engine = build_engine(load_pack(options.pack, options.model_root), EngineConfig())
    enrolled, probes, people = embed_all(engine, options.photos)
    synthetic = like(np.concatenate([enrolled, probes]), options.faces - len(enrolled))
    gallery = np.concatenate([enrolled, synthetic])
    names = [*dict.fromkeys(people[: len(enrolled)]), *map(str, range(len(synthetic)))]
    view = ExactIndex().reset([SampleBlock("all", names, gallery)])["all"]
    print(f"{len(enrolled)} real people, {len(synthetic)} synthetic, {len(probes)} probes")
    for name, top_k, threshold in (("ten best", 10, -1.0), ("over the threshold", 1000, THRESHOLD)):
        print(f"recall, {name}: {recall(view, gallery, names, probes, top_k, threshold):.4f}")
    print(f"strangers left by the first {kernels.FIRST} numbers: {strangers_left(enrolled):.3%}")
    hits = view.search(probes, 1, THRESHOLD)
    own = people[len(enrolled) :]
    found = sum(bool(h) and h[0].user_id == who for h, who in zip(hits, own, strict=True))
    print(f"probes whose first match is their own person: {found} of {len(probes)}")


def embed_all(engine: OnnxFaceEngine, folder: Path) -> tuple[Vectors, Vectors, list[str]]:
    """Return one embedding of each person, all others, and whose each of both is."""
    first: list[Vectors] = []
    others: list[Vectors] = []
    first_names: list[str] = []
    other_names: list[str] = []
    for person in sorted(path for path in folder.iterdir() if path.is_dir()):
        for path in sorted(p for p in person.iterdir() if p.suffix.lower() in SUFFIXES):
            pixels = cv2.imread(str(path))
            if pixels is None:
                continue
            photo = Photo.from_pixels(np.asarray(pixels, np.uint8))
            faces = engine.detect(photo)
            if not faces:
                continue
            is_first = person.name not in first_names
            (first if is_first else others).append(engine.embed(photo, faces[0]))
            (first_names if is_first else other_names).append(person.name)
    if not others:
        raise SystemExit(f"{folder} has no person with two photos.")
    return np.stack(first), np.stack(others), first_names + other_names


def like(real: Vectors, count: int) -> Vectors:
    """Return unit vectors, float32 (count, 512), spread like the real ones."""
    rng = np.random.default_rng(3)
    spread = real.std(axis=0)
    made = real.mean(axis=0) + spread * rng.standard_normal((count, 512), dtype=np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return np.asarray(made, np.float32)


def strangers_left(faces: Vectors) -> float:
    """Return the share of pairs of faces, float32 (n, 512), each of another person, that may reach
    the threshold by what a search reads first.
    """
    lengths = np.linalg.norm(faces[:, kernels.FIRST :], axis=1)
    residual = kernels.quantise(faces, kernels.NARROW).first_residual
    most = faces[:, : kernels.FIRST] @ faces[:, : kernels.FIRST].T + np.outer(lengths, lengths)
    most += kernels.int8_error(residual, residual)
    return float((most[np.triu_indices(len(faces), 1)] >= THRESHOLD).mean())


def recall(
    view: IndexView,
    gallery: Vectors,
    names: list[str],
    probes: Vectors,
    top_k: int,
    threshold: float,
) -> float:
    """Return the share of what comparing with every face finds that the index finds."""
    found = wanted = 0
    for probe, hits in zip(probes, view.search(probes, top_k, threshold), strict=True):
        scores = gallery @ probe
        best = np.argsort(-scores, kind="stable")[:top_k]
        true = {names[row] for row in best if scores[row] >= threshold}
        wanted += len(true)
        found += len(true & {hit.user_id for hit in hits})
    return found / wanted if wanted else 1.0


if __name__ == "__main__":
    main()
