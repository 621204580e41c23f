"""How long a call holds its permit, smoothed."""

from __future__ import annotations

_FIRST_GUESS_S = 0.02  # until the first call has ended: a short one, so that it refuses nobody
_WEIGHT = 0.1  # of the newest: some twenty calls tell of a change


class ServiceTime:
    """Exponentially weighted mean of the seconds that calls compute, and of their distance from
    it. Not thread-safe.
    """

    def __init__(self) -> None:
        self._known = False
        self._mean_s = _FIRST_GUESS_S
        self._deviation_s = 0.0

    @property
    def mean_s(self) -> float:
        """The mean in seconds."""
        return self._mean_s

    @property
    def likely_s(self) -> float:
        """Seconds within which most calls end: the mean and the mean deviation."""
        return self._mean_s + self._deviation_s

    def add(self, seconds: float) -> None:
        """Take a call into account."""
        error = seconds - self._mean_s
        if not self._known:
            self._known, self._mean_s = True, seconds
            return
        self._mean_s += _WEIGHT * error
        self._deviation_s += _WEIGHT * (abs(error) - self._deviation_s)
