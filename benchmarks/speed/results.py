"""What was measured, and the ratios that follow from it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

Key = tuple[str, str, int]  # target, photo, clients


@dataclass
class Results:
    """``rates`` holds calls/s of every round, ``times`` all latencies in ms, by key."""

    rates: dict[Key, list[float]] = field(default_factory=dict)
    times: dict[Key, list[float]] = field(default_factory=dict)
    cpu_ms: dict[Key, list[tuple[float, float]]] = field(default_factory=dict)  # own, clients'
    cold_start_s: list[float] = field(default_factory=list)
    rss_mib: dict[int, float] = field(default_factory=dict)  # by calls answered
    stages_ms: dict[str, dict[str, float]] = field(default_factory=dict)  # by photo
    search_ms: float = 0.0
    search_samples: int = 0

    def add(self, key: Key, times: list[float], seconds: float) -> None:
        """Note one round."""
        self.rates.setdefault(key, []).append(len(times) / seconds)
        self.times.setdefault(key, []).extend(times)

    def add_cpu(self, key: Key, calls: int, own_s: float, clients_s: float) -> None:
        """Note the CPU time that one round took, of the target and of the clients."""
        pair = (own_s / calls * 1000, clients_s / calls * 1000)
        self.cpu_ms.setdefault(key, []).append(pair)

    def cpu(self, key: Key) -> tuple[float, float]:
        """Return the medians of the rounds' CPU ms a call, of the target and of the clients."""
        own, clients = zip(*self.cpu_ms[key], strict=True)
        return statistics.median(own), statistics.median(clients)

    def rate(self, key: Key) -> float:
        """Return the median of the rounds' calls/s."""
        return statistics.median(self.rates[key])

    def p(self, key: Key, percent: int) -> float:
        """Return a percentile of the latencies in ms."""
        values = sorted(self.times[key])
        return values[min(len(values) - 1, len(values) * percent // 100)]

    def ratio(self, first: Key, second: Key) -> float:
        """Return the median over rounds of the ratio of rates: a round's noise hits both."""
        pairs = zip(self.rates[first], self.rates[second], strict=True)
        return statistics.median(one / two for one, two in pairs)
