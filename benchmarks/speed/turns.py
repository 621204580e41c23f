"""Measures several ways of doing the same, taking turns, so that noise hits all alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from benchmarks.speed.results import Results

# (clients, seconds) -> ms a call, and the seconds from the first call to the last answer
Way = Callable[[int, float], tuple[list[float], float]]


def take_turns(
    ways: Mapping[str, Way], photo: str, counts: Sequence[int], rounds: int, seconds: float
) -> Results:
    """Return the results of ``rounds`` of every way with every number of clients."""
    results = Results()
    for _ in range(rounds):
        for count in counts:
            for name, way in ways.items():
                results.add((name, photo, count), *way(count, seconds))
    return results


def table(results: Results, photo: str, counts: Sequence[int], base: str) -> str:
    """Return rates, latencies and the ratio to the way ``base``, in Markdown."""
    names = list(dict.fromkeys(name for name, _, _ in results.rates))
    head = " | ".join(f"{count} client{'s' * (count > 1)}" for count in counts)
    lines = [f"| | {head} | to {base} at {' / '.join(map(str, counts))} |"]
    lines.append("|---" * (len(counts) + 2) + "|")
    for name in names:
        keys = [(name, photo, count) for count in counts]
        cells = [
            f"{results.rate(key):.1f}/s, {results.p(key, 50):.0f} / {results.p(key, 95):.0f} ms"
            for key in keys
        ]
        ratios = [f"{results.ratio(key, (base, photo, key[2])):.2f}" for key in keys]
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {' / '.join(ratios)} |")
    return "\n".join(lines)
