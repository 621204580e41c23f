"""Plots of the results, PNG and SVG."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")  # no display
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from benchmarks.speed.photos import BenchPhoto
from benchmarks.speed.plan import (
    BARE,
    BARE32,
    BASE64,
    CLIENTS,
    GRPC,
    NAIVE,
    OPENVINO,
    RAW,
)
from benchmarks.speed.results import Results

# Okabe and Ito's palette, distinguishable with any colour vision.
COLOURS = ("#000000", "#0072B2", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7")


def draw(results: Results, photos: dict[str, BenchPhoto], folder: Path) -> None:
    """Write the plots into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _save(_throughput(results), folder / "throughput")
    _save(_stages(results, photos), folder / "stages")


def _throughput(results: Results) -> Figure:
    figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
    order = (BARE, GRPC, RAW, BASE64, BARE32, NAIVE, OPENVINO)
    targets = [target for target in order if (target, "two", 4) in results.rates]
    width = 0.8 / len(targets)
    for place, (target, colour) in enumerate(zip(targets, COLOURS, strict=False)):
        rates = [results.rate((target, "two", n)) for n in CLIENTS]
        left = [index - 0.4 + (place + 0.5) * width for index in range(len(CLIENTS))]
        bars = axes.bar(left, rates, width * 0.92, color=colour, label=target)
        axes.bar_label(bars, fmt="%.0f", fontsize=7)
    axes.set_xticks(range(len(CLIENTS)), [f"{n} client{'s' * (n > 1)}" for n in CLIENTS])
    axes.set_ylabel("calls a second, 2 MP photo")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, ncols=3, loc="upper left")
    axes.set_ylim(0, axes.get_ylim()[1] * 1.25)
    return figure


def _stages(results: Results, photos: dict[str, BenchPhoto]) -> Figure:
    figure, axes = plt.subplots(figsize=(8, 2.8), layout="constrained")
    titles = [photos[key].title for key in results.stages_ms]
    names = list(next(iter(results.stages_ms.values())))
    before = [0.0] * len(titles)
    for name, colour in zip(names, COLOURS[1:], strict=False):
        values = [stages[name] for stages in results.stages_ms.values()]
        axes.barh(titles, values, left=before, color=colour, label=name)
        before = [start + value for start, value in zip(before, values, strict=True)]
    axes.invert_yaxis()
    axes.set_xlabel("ms on one core")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(
        frameon=False, fontsize=8, ncols=len(names), loc="upper center", bbox_to_anchor=(0.5, 1.18)
    )
    return figure


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path.with_suffix(".png"), dpi=150)
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
    plt.close(figure)
