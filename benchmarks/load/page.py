"""The load report: a plot, and its part of docs/reliability.md."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")  # no display
from matplotlib import pyplot as plt

from benchmarks.load.measure import DEADLINE, LOADS, NO_DEADLINE, Curve
from benchmarks.speed.plots import COLOURS
from benchmarks.speed.report import machine

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reliability.md"
PLOT = ROOT / "docs" / "reliability" / "load"
BEGIN = "<!-- load: written by python -m benchmarks.load -->\n"
END = "<!-- end of load -->"


def write(curves: Sequence[Curve], seconds: float, rounds: int) -> None:
    """Draw the plot and put the tables between the marks of the page."""
    PLOT.parent.mkdir(parents=True, exist_ok=True)
    _draw(curves)
    page = PAGE.read_text()
    start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    text = TEXT.format(
        machine=machine(),
        busy=f", on which {os.getloadavg()[1]:.0f} processes were running",
        seconds=seconds,
        rounds=rounds,
        tables="\n\n".join(map(_table, curves)),
    )
    PAGE.write_text(f"{page[:start]}\n{text}\n{page[end:]}")


def _draw(curves: Sequence[Curve]) -> None:
    figure, axes = plt.subplots(
        2, len(curves), figsize=(4.5 * len(curves), 6), layout="constrained", sharex=True
    )
    for column, curve in enumerate(curves):
        top, bottom = axes[0][column], axes[1][column]
        top.plot(LOADS, [min(1.0, load) for load in LOADS], ":", color="grey", label="offered")
        for deadline, colour in zip((NO_DEADLINE, DEADLINE), COLOURS[1:], strict=False):
            top.plot(LOADS, _line(curve, deadline, "goodput"), "o-", color=colour, label=deadline)
            answered = _line(curve, deadline, "answered_p99")
            bottom.plot(LOADS, answered, "o-", color=colour, label=f"answered, {deadline}")
        more = (
            ("modest_p99", "modest caller"),
            ("refused_p99", "refused"),
            ("list_p99", "lists"),
            ("health_p99", "health"),
        )
        for (what, label), colour in zip(more, COLOURS[3:], strict=True):
            bottom.plot(LOADS, _line(curve, NO_DEADLINE, what), ".--", color=colour, label=label)
        top.set_title(curve.title, fontsize=9)
        top.set_ylim(0, 1.25)
        bottom.set_yscale("log")
        bottom.set_xscale("log")
        bottom.set_xticks(LOADS, [f"{load:g}" for load in LOADS])
        bottom.minorticks_off()
        bottom.set_xlabel("offered load, times the capacity")
        for each in (top, bottom):
            each.spines[["top", "right"]].set_visible(False)
    axes[0][0].set_ylabel("goodput, of the peak")
    axes[1][0].set_ylabel("p99, ms")
    axes[0][0].legend(frameon=False, fontsize=8)
    axes[1][0].legend(frameon=False, fontsize=7, ncols=2)
    figure.savefig(PLOT.with_suffix(".png"), dpi=150)
    figure.savefig(PLOT.with_suffix(".svg"), metadata={"Date": None})
    plt.close(figure)


def _line(curve: Curve, deadline: str, what: str) -> list[float]:
    return [curve.median(deadline, load, what) for load in LOADS]


def _table(curve: Curve) -> str:
    lines = [
        f"{curve.title}, capacity {curve.capacity:.1f}/s, service time"
        f" {curve.service_s * 1000:.0f} ms:",
        "",
        "| offered | goodput | with deadlines | answered p50 / p99 | with deadlines | refused p99"
        " | modest caller p99, answered | lists p99 | health p99 |",
        "|---" * 9 + "|",
    ]
    return "\n".join([*lines, *(_row(curve, load) for load in LOADS)])


def _row(curve: Curve, load: float) -> str:
    def answered(deadline: str) -> str:
        p50, p99 = (_ms(curve, deadline, load, f"answered_{which}") for which in ("p50", "p99"))
        return f"{p50} / {p99}"

    cells = [
        f"{load:g} x",
        f"{curve.median(NO_DEADLINE, load, 'goodput'):.0%}",
        f"{curve.median(DEADLINE, load, 'goodput'):.0%}",
        answered(NO_DEADLINE),
        answered(DEADLINE),
        _ms(curve, NO_DEADLINE, load, "refused_p99"),
        f"{_ms(curve, NO_DEADLINE, load, 'modest_p99')}, "
        f"{curve.median(NO_DEADLINE, load, 'modest_success'):.0%}",
        _ms(curve, NO_DEADLINE, load, "list_p99"),
        _ms(curve, NO_DEADLINE, load, "health_p99"),
    ]
    return f"| {' | '.join(cells)} |"


def _ms(curve: Curve, deadline: str, load: float, what: str) -> str:
    value = curve.median(deadline, load, what)
    return "-" if math.isnan(value) else f"{value:.0f} ms"


TEXT = """\
{machine}. {rounds} round(s) of {seconds:g} s a point, medians. Everything is the real service.
Where the title says fixed pace, its engine tells again what it computed once, after 70 ms that take
no core: those figures tell of admission and not of what else the machine did. With the real engine,
inference takes every core that callers and answers need as well. Embed with a photo of 0.06 MP
arrives at a constant rate over four connections, whatever becomes of the calls, and a call's time
runs from when it was due. Goodput counts answers while calls were made, as a part of the best of
the same round. Callers, Envoy, Redis and servers share the machine's cores{busy}.
Beside the load one modest caller embeds once a second over a connection of its own, and lists and
health checks come ten times a second.

With the real engine a flood costs goodput where its callers share the cores with inference: each
refusal takes time of a core from the server, from its caller and from Envoy. So the goal of 90 %
from four times the load on is kept by admission (fixed pace) and missed on two shared cores.

Most refusals come on arrival; the slowest, which p99 tells, are calls that had waited and gave way
to a client with less, or whose turn came too late.

![Goodput and p99 against offered load](reliability/load.png)

{tables}
"""
