"""A child process that never outlives its supervisor."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence

PR_SET_PDEATHSIG = 1  # linux/prctl.h: the signal that a process gets when its parent dies


class Child:
    """One process in a session of its own, so that Ctrl-C reaches only the supervisor."""

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> None:
        self.name = name
        self._process = subprocess.Popen(  # noqa: S603 - the supervisor's own commands
            command, env=dict(env), start_new_session=True, preexec_fn=_end_with_parent
        )

    @property
    def exit_status(self) -> int | None:
        """The exit status, minus the signal's number if one ended it; None while it runs."""
        return self._process.poll()

    def end(self, timeout_s: float) -> bool:
        """Ask it to end, then make it; return whether it ended by itself."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return False
        return True

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()


def _end_with_parent() -> None:
    """Runs in the child before its program does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
