"""A flame graph of sampled stacks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")  # no display
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

__all__ = ["Figure", "draw_flame", "save"]

Stack = tuple[Sequence[str], int]  # frames "function (file:line)", outermost first; samples
LEAST = 0.004  # of all samples: narrower frames are left out
LETTERS = 190  # that fit into the whole width
# By where the code is: the project's own, InsightFace's and numpy's kind, gRPC and Python's.
COLOURS = (("facesvc/", "#E69F00"), ("onnxruntime", "#D55E00"), ("", "#BBBBBB"))


def draw_flame(stacks: Sequence[Stack], total: int) -> Figure:
    """Return the graph; frames of Python's own threads at the bottom are left out."""
    figure, axes = plt.subplots(figsize=(12, 6), layout="constrained")
    trimmed = [(_names(frames), count) for frames, count in stacks]
    _layer(axes, [item for item in trimmed if item[0]], 0.0, 0, total)
    axes.set_xlim(0, 1)
    axes.autoscale(axis="y")
    axes.axis("off")
    return figure


def _names(frames: Sequence[str]) -> list[tuple[str, str]]:
    """Return function and colour of each frame, from the servicer's method upwards."""
    first = next((n for n, frame in enumerate(frames) if "transport/" in frame), 0)
    names = []
    for frame in frames[first:]:
        function, _, place = frame.partition(" (")
        colour = next(colour for part, colour in COLOURS if part in place)
        names.append((function.rpartition(">.")[2], colour))
    return names


def _layer(
    axes: object,
    stacks: list[tuple[list[tuple[str, str]], int]],
    left: float,
    depth: int,
    total: int,
) -> None:
    """Draw what is at one depth from ``left`` on, then what lies on it."""
    groups: defaultdict[tuple[str, str], list[tuple[list[tuple[str, str]], int]]] = defaultdict(
        list
    )
    for names, count in stacks:
        if len(names) > depth:
            groups[names[depth]].append((names, count))
    for (name, colour), members in sorted(groups.items()):
        width = sum(count for _, count in members) / total
        if width < LEAST:
            continue
        axes.barh(depth, width, 0.95, left, color=colour, edgecolor="white", linewidth=0.4)  # type: ignore[attr-defined] # pyplot has no types
        letters = int(width * LETTERS)
        if letters > 3:
            text = name if len(name) <= letters else name[: letters - 1] + "…"
            axes.text(left + width / 2, depth, text, ha="center", va="center", fontsize=6)  # type: ignore[attr-defined] # as above
        _layer(axes, members, left, depth + 1, total)
        left += width


def save(figure: Figure, path: Path) -> None:
    """Write the graph as SVG with its text as text, which keeps it small."""
    with mpl.rc_context({"svg.fonttype": "none"}):
        figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
    plt.close(figure)
