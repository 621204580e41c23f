"""docs/rest.md and docs/grpc.md: each call once, with what a service really answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_NOTE = """\
Written by `make proto` from the contract and from what `python scripts/record_examples.py`
recorded: real calls of a real service with the pack `open`, in the order of that script. Long lists
of numbers and long texts are cut (`...`); ids, times and the last digits of figures differ at every
run.
"""
REST_HEAD = f"""\
# REST: every call once

{_NOTE}
The photos are those of `make samples`; `jq` only breaks the lines. A photo may also be sent as
base64 in JSON, as a URL, or as the whole body ([first calls](first-calls.md)). With keys, add
`-H "x-api-key: $KEY"` ([access](access.md)). What errors look like is in [errors.md](errors.md),
fields and limits in the OpenAPI document (`/openapi.yaml`), the same calls over gRPC in
[grpc.md](grpc.md).
"""
GRPC_HEAD = f"""\
# gRPC: every call once

{_NOTE}
grpcurl asks the server for the contract (reflection) and leaves out what is empty; `$(base64 ...)`
stands for the photo's bytes, which other clients send as they are. With keys, add
`-H "x-api-key: $KEY"` ([access](access.md)). The same calls over REST are in [rest.md](rest.md).
"""
_FENCE = "```"


@dataclass(frozen=True)
class Shown:
    """A call that a page shows: its name, service and REST path, and what it does, in words."""

    name: str
    service: str
    rest: str
    does: str


def rest_page(calls: Iterable[Shown], examples: Mapping[str, Any]) -> str:
    """Return docs/rest.md."""
    parts = [REST_HEAD]
    without = []
    for call in calls:
        if not call.rest:
            without.append(call.name)
            continue
        parts.append(_section(f"{call.name}: {call.rest}", call, examples, "rest"))
    parts.append(f"Without a REST path, since they are streams: {', '.join(without)}.\n")
    return "\n".join(parts)


def grpc_page(calls: Iterable[Shown], examples: Mapping[str, Any]) -> str:
    """Return docs/grpc.md."""
    parts = [GRPC_HEAD]
    parts += [_section(f"{call.service}.{call.name}", call, examples, "grpc") for call in calls]
    return "\n".join(parts)


def _section(title: str, call: Shown, examples: Mapping[str, Any], kind: str) -> str:
    head = f"## {title}\n\nIt {_plain(call.does)}.\n"
    shown = examples.get(call.name, {}).get(kind)
    if shown is None:
        return f"{head}\nNo example is recorded yet.\n"
    return f"{head}\n{_FENCE}console\n$ {shown['command']}\n{shown['output']}\n{_FENCE}\n"


def _plain(text: str) -> str:
    return text[:1].lower() + text[1:]
