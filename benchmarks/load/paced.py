"""The service with an engine of a fixed pace: ``python -m benchmarks.load.paced``.

What the engine has computed once for a photo it tells again, a detection after PACE_MS that take no
core. So the load report shows what admission does, whatever else the machine does.
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import facesvc.bootstrap.service as wiring
from facesvc import serve
from facesvc.domain.photo import Photo

PACE_S = float(os.environ.get("PACE_MS", "70")) / 1000


class PacedEngine:
    """Stands for the engine; thread-safe."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._known: dict[tuple[str, str], Any] = {}

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._engine, name)
        return functools.partial(self._tell, name, value) if callable(value) else value

    def _tell(self, name: str, compute: Callable[..., Any], *given: Any) -> Any:
        if not given or not isinstance(given[0], Photo):
            return compute(*given)
        if name == "detect":
            time.sleep(PACE_S)
        key = name, hashlib.sha1(given[0].pixels.tobytes(), usedforsecurity=False).hexdigest()
        if key not in self._known:
            self._known[key] = compute(*given)
        return self._known[key]


def main() -> int:
    """Serve until SIGTERM."""
    names: dict[str, Any] = vars(wiring)
    real = names["engine_of"]
    names["engine_of"] = lambda *given: PacedEngine(real(*given))
    return serve.main()


if __name__ == "__main__":
    sys.exit(main())
