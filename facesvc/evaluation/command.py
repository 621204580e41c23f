"""Running an evaluation: observe, measure, write the report."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import grpc
from tqdm import tqdm

from facesvc.bootstrap.service import bootstrap
from facesvc.evaluation.evaluate import Evaluation, evaluate
from facesvc.evaluation.labelled_photos import read_labels
from facesvc.evaluation.observations import ObservationFile
from facesvc.evaluation.observe import observe_all
from facesvc.evaluation.plots import PlottingUnavailableError, write_plots
from facesvc.evaluation.report import Origin, to_json, to_markdown
from facesvc.settings import Settings
from facesvc.v1 import face_service_pb2 as pb
from facesvc.v1.face_service_pb2_grpc import FaceServiceStub

OBSERVATIONS = "observations.jsonl"


@dataclass(frozen=True)
class EvaluationOptions:
    """``photos``: a folder with a folder per person, or a CSV file. ``pairs``: LFW's pairs.txt or
    None. ``folder`` takes the report and what was observed, so that a second run goes on.
    ``same`` names a file of names that are one person; ``central`` means the most central face of
    each photo, not the best. ``data`` says what the photos are; ``page`` is one more place of the
    report, with its plots in a folder of its name.
    """

    photos: Path
    folder: Path
    pairs: Path | None = None
    threshold: float = 0.45
    title: str = "Accuracy"
    same: Path | None = None
    central: bool = False
    data: str = ""
    page: Path | None = None


def run_evaluation(channel: grpc.Channel, options: EvaluationOptions) -> Evaluation:
    """Observe the photos over the channel and write evaluation.json, evaluation.md and plots.

    Raises LabelError, MixedModelsError, OSError, grpc.RpcError.
    """
    labels = read_labels(options.photos, options.pairs, options.same)
    options.folder.mkdir(parents=True, exist_ok=True)
    results = ObservationFile(options.folder / OBSERVATIONS)
    stub = FaceServiceStub(channel)  # type: ignore[no-untyped-call] # generated
    todo = sum(str(photo.path) not in results.known for photo in labels.photos)
    observe_all(
        stub,
        [photo.path for photo in labels.photos],
        results,
        with_liveness=any(photo.presentation for photo in labels.photos),
        central=options.central,
        progress=lambda answers: tqdm(answers, total=todo, unit="photo", file=sys.stderr),
    )
    evaluation = evaluate(labels, results.known, options.threshold)
    (options.folder / "evaluation.json").write_text(to_json(evaluation), encoding="utf-8")
    health = stub.GetHealth(pb.GetHealthRequest())
    origin = Origin(
        options.data or options.photos.name,
        f"facesvc {health.version}, pack {health.model.name}",
        "the most central" if options.central else "the one that the service takes",
        options.photos if options.photos.is_dir() else options.photos.parent,
    )
    _write_page(evaluation, options.title, origin, options.folder / "evaluation.md", Path())
    if options.page is not None:
        _write_page(evaluation, options.title, origin, options.page, Path(options.page.stem))
    return evaluation


def _write_page(
    evaluation: Evaluation, title: str, origin: Origin, page: Path, plots: Path
) -> None:
    """Write the page, and its plots into the folder ``plots`` beside it."""
    folder = page.parent / plots
    folder.mkdir(parents=True, exist_ok=True)
    names: list[str] = []
    with suppress(PlottingUnavailableError):
        names = [(plots / name).as_posix() for name in write_plots(evaluation, folder)]
    page.write_text(to_markdown(evaluation, title, origin, names), encoding="utf-8")


@contextmanager
def service_in_process(settings: Settings) -> Iterator[grpc.Channel]:
    """Run the service of the settings on a free loopback port, with a gallery that keeps nothing.

    Raises StartupError.
    """
    alone = settings.model_dump() | {
        "host": "127.0.0.1",
        "grpc_port": 0,
        "metrics_port": 0,
        "gallery_path": ":memory:",
        "gallery_index": "memory",
        "api_keys_file": None,
        "grpc_reflection": False,
    }
    chosen = Settings.model_construct(**(alone | {"redis_url": type(settings.redis_url)("")}))
    with bootstrap(chosen) as service:
        service.server.start()
        with grpc.insecure_channel(f"127.0.0.1:{service.server.port}") as channel:
            yield channel
        service.server.close(1.0)
