"""Every call of the contract has its use case, in a file of its name."""

from __future__ import annotations

import importlib
import re

import pytest

from facesvc.transport.server import SERVICES
from facesvc.v1 import face_service_pb2, gallery_service_pb2

METHODS = [
    method.name
    for file in (face_service_pb2, gallery_service_pb2)
    for service in file.DESCRIPTOR.services_by_name.values()
    if service.full_name in SERVICES
    for method in service.methods
]


def _file_of(method: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", method).lower()


@pytest.mark.parametrize("method", METHODS)
def test_a_call_has_a_use_case_in_a_file_of_its_name(method: str) -> None:
    """So that nobody has to search for it, and no servicer does its work itself."""
    module = importlib.import_module(f"facesvc.application.{_file_of(method)}")
    answering = [
        name for name, value in vars(module).items() if f"Answers {method}" in str(value.__doc__)
    ]
    assert len(answering) == 1
