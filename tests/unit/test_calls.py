"""What the contract says of each call holds."""

from __future__ import annotations

import importlib
import re

import pytest

from facesvc.transport.contract import Method, methods
from facesvc.v1 import access_pb2

METHODS = list(methods())


def _file_of(method: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", method).lower()


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_call_has_a_use_case_in_a_file_of_its_name(method: Method) -> None:
    """So that nobody has to search for it, and no servicer does its work itself."""
    module = importlib.import_module(f"facesvc.application.{_file_of(method.name)}")
    answering = [
        name
        for name, value in vars(module).items()
        if f"Answers {method.name}" in str(value.__doc__)
    ]
    assert len(answering) == 1


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_call_says_who_may_make_it_and_where_its_collection_is(method: Method) -> None:
    """A scope that is meant, and the path of a field that is there; a request with a field for
    the collection says so, unless the call is about all of them.
    """
    access = method.access
    assert access.scope != access_pb2.SCOPE_UNSPECIFIED
    if access.collection:
        field, message = None, method.descriptor.input_type
        for name in access.collection.split("."):
            field = message.fields_by_name[name]
            message = field.message_type
        assert field is not None
        assert field.type == field.TYPE_STRING
    elif access.scope != access_pb2.SCOPE_ADMIN:
        assert "collection" not in method.descriptor.input_type.fields_by_name


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_call_that_answers_once_has_a_rest_path(method: Method) -> None:
    """A stream has none; what REST deletes or puts is no reader's."""
    streams = method.descriptor.client_streaming or method.descriptor.server_streaming
    assert bool(method.rest) != streams
    if method.rest.startswith(("DELETE", "PUT")):
        assert method.access.scope in (access_pb2.SCOPE_ENROLL, access_pb2.SCOPE_ADMIN)
