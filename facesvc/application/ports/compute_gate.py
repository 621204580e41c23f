"""Permits to compute."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from facesvc.application.call import Call


class ComputeGate(Protocol):
    """Bounds how many calls compute and how many wait."""

    def admit(self, call: Call) -> AbstractContextManager[None]:
        """Hold a compute permit. Raises OverloadedError at once when too many wait,
        CallEndedError when the call ended while waiting.
        """
        ...
