"""Examples of requests and the answers that the service gave to them; examples.json holds both, and
the commands that docs/rest.md and docs/grpc.md show.

``scripts/record_examples.py`` records them from a running service.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("examples.json")


@functools.cache
def all_examples() -> dict[str, dict[str, Any]]:
    """Return what is recorded, by the call's name."""
    return json.loads(FILE.read_text()) if FILE.is_file() else {}


def request_of(call: str) -> Any:
    """Return the example of a call's JSON body; None when there is none."""
    return all_examples().get(call, {}).get("request")


def answer_of(call: str) -> Any:
    """Return what the service answered; None when there is none."""
    return all_examples().get(call, {}).get("answer")
