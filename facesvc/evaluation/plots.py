"""The curves of an evaluation as pictures. Needs matplotlib, which serving does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from facesvc.evaluation.error_reject import measures
from facesvc.evaluation.evaluate import Evaluation

_SIZE_INCHES = (6.0, 4.0)
_LEAST_RATE = 1e-7  # what is drawn for a rate of 0 on a logarithmic axis


class PlottingUnavailableError(Exception):
    """matplotlib is not installed."""


def write_plots(evaluation: Evaluation, folder: Path) -> list[str]:
    """Write roc.png, det.png, and error_reject.png where they were measured; return their names.

    Raises PlottingUnavailableError.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        raise PlottingUnavailableError("matplotlib is not installed: no plots.") from None
    mpl.use("Agg")
    names = []
    if evaluation.verification is not None:
        _roc(evaluation.verification.curve, folder / "roc.png")
        _det(evaluation.verification.curve, folder / "det.png")
        names += ["roc.png", "det.png"]
    if evaluation.error_reject:
        _error_reject(evaluation, folder / "error_reject.png")
        names.append("error_reject.png")
    return names


@contextmanager
def _axes(path: Path, x: str, y: str) -> Iterator[Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(visible=True, alpha=0.3)
    yield axes
    figure.savefig(path, dpi=120)


def _roc(curve: list[tuple[float, float, float]], path: Path) -> None:
    with _axes(path, "false match rate", "true accept rate") as axes:
        axes.set_xscale("log")
        axes.plot([max(fmr, _LEAST_RATE) for _, fmr, _ in curve], [1 - miss for *_, miss in curve])


def _det(curve: list[tuple[float, float, float]], path: Path) -> None:
    with _axes(path, "false match rate", "false non-match rate") as axes:
        axes.set_xscale("log")
        axes.set_yscale("log")
        rates = [(max(fmr, _LEAST_RATE), max(miss, _LEAST_RATE)) for _, fmr, miss in curve]
        axes.plot(*zip(*rates, strict=True))


def _error_reject(evaluation: Evaluation, path: Path) -> None:
    with _axes(path, "share of photos set aside", "FNMR at FMR 1e-4") as axes:
        for measure in measures(evaluation.error_reject):
            points = [point for point in evaluation.error_reject if point.measure == measure]
            axes.plot([p.share for p in points], [p.fnmr for p in points], "o-", label=measure)
        axes.legend()
