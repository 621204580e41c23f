"""What a failed call is told as."""

from __future__ import annotations

from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status


def describe(error: Any, address: str) -> str:
    """Return a sentence for a call to ``address`` that ended with an error."""
    status = rpc_status.from_call(error)
    if status is None and error.code() in _NO_ANSWER:
        return (
            f"No service answers at {address}. Start it with make run, or name another with"
            " --server."
        )
    if status is None and error.code() is grpc.StatusCode.CANCELLED:
        return f"The service at {address} ended the call, as it does when it stops."
    reason = reason_of(status) if status else error.code().name
    return f"{reason}: {error.details()}"


_NO_ANSWER = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def reason_of(status: status_pb2.Status) -> str:
    """Return the ErrorInfo reason of a status, "" when it has none."""
    info = error_details_pb2.ErrorInfo()
    for detail in status.details:
        if detail.Unpack(info):
            return str(info.reason)
    return ""
