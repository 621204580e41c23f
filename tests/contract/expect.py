"""Reading a failed call's status as a client would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status


@dataclass(frozen=True)
class Failure:
    """What a failed call says."""

    code: grpc.StatusCode
    message: str
    reason: str
    metadata: dict[str, str]
    fields: list[str]
    retry_s: float | None


def failure(call: Callable[[], Any]) -> Failure:
    """Run a call that must fail and return its status, details unpacked."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return failure_of(caught.value)


def failure_of(error: Any) -> Failure:
    """Return the status of an RpcError."""
    status = rpc_status.from_call(error)
    assert status is not None, f"no google.rpc.Status in {error}"
    info, bad, retry = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.BadRequest(),
        error_details_pb2.RetryInfo(),
    )
    retry_s = None
    for detail in status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
        if detail.Unpack(retry):
            retry_s = retry.retry_delay.ToTimedelta().total_seconds()
    assert info.domain == "facesvc"
    fields = [violation.field for violation in bad.field_violations]
    return Failure(error.code(), error.details(), info.reason, dict(info.metadata), fields, retry_s)
