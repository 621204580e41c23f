"""What a failed call is told as."""

from __future__ import annotations

from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

_NO_ANSWER = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class UsageError(Exception):
    """The command line cannot be obeyed; the message says why."""


def describe(error: Any, address: str) -> str:
    """Return a sentence for a call to ``address`` that ended with an error."""
    status = rpc_status.from_call(error)
    if status is None and error.code() in _NO_ANSWER:
        return (
            f"No service answers at {address}. Start it with facesvc up, or name another with"
            " --server."
        )
    if status is None and error.code() is grpc.StatusCode.CANCELLED:
        return f"The service at {address} ended the call, as it does when it stops."
    return f"{reason_of_error(error)}: {error.details()}"


def reason_of_error(error: Any) -> str:
    """Return the service's reason for an error, else the name of its status code."""
    status = rpc_status.from_call(error)
    return (reason_of(status) if status else "") or str(error.code().name)


def reason_of(status: status_pb2.Status) -> str:
    """Return the ErrorInfo reason of a status, "" when it has none."""
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info):
            return str(info.reason)
    return ""
