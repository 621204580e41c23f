"""Starting a challenge for a check-in."""

from __future__ import annotations

from dataclasses import dataclass

from facesvc.application.challenges import Challenge, Challenges


@dataclass(frozen=True)
class StartChallenge:
    """Answers StartChallenge."""

    challenges: Challenges

    def __call__(self) -> Challenge:
        """Return a new challenge."""
        return self.challenges.start()
