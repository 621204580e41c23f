"""Every call has a recorded example that still fits the contract, and a place on the pages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format, message_factory

from facesvc.transport.contract import Method, methods
from facesvc.v1 import event_service_pb2, face_service_pb2, gallery_service_pb2

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES: dict[str, Any] = json.loads((ROOT / "scripts/openapi/examples.json").read_text())
METHODS = list(methods())
RECORD = "add it to scripts/record_examples.py, run that, then make proto"
DESCRIPTORS = {
    f"{service.full_name}/{method.name}": method
    for file in (face_service_pb2, gallery_service_pb2, event_service_pb2)
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
OF_REST = [method for method in METHODS if method.rest]


def shown_on(page: str, title: str) -> str:
    """Return a page's section."""
    text = (ROOT / "docs" / page).read_text()
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert found is not None, f"{title} is not on docs/{page}: {RECORD}"
    return found[1]


@pytest.mark.parametrize("method", METHODS, ids=[method.name for method in METHODS])
def test_every_call_is_shown_over_grpc_as_it_was_recorded(method: Method) -> None:
    """The command and what the service answered."""
    recorded = EXAMPLES.get(method.name, {}).get("grpc")
    assert recorded, f"{method.name} has no example over gRPC: {RECORD}"
    assert method.path.lstrip("/") in recorded["command"]
    section = shown_on("grpc.md", f"{method.service.rpartition('.')[2]}.{method.name}")
    assert f"$ {recorded['command']}\n{recorded['output']}\n" in section


@pytest.mark.parametrize("method", OF_REST, ids=[method.name for method in OF_REST])
def test_every_call_with_a_path_is_shown_over_rest_as_it_was_recorded(method: Method) -> None:
    """The command and what the service answered."""
    recorded = EXAMPLES.get(method.name, {}).get("rest")
    assert recorded, f"{method.name} has no example over REST: {RECORD}"
    section = shown_on("rest.md", f"{method.name}: {method.rest}")
    assert f"$ {recorded['command']}\n{recorded['output']}\n" in section


@pytest.mark.parametrize("name", EXAMPLES)
def test_recorded_answers_fit_the_contract(name: str) -> None:
    """A field that was renamed or removed since makes the example stale; so does a lost call."""
    (method,) = [one for path, one in DESCRIPTORS.items() if path.endswith(f"/{name}")]
    for key, kind in (("request", method.input_type), ("answer", method.output_type)):
        value = EXAMPLES[name].get(key)
        if value is not None:
            json_format.ParseDict(value, message_factory.GetMessageClass(kind)())
