"""Sending an API key with every call."""

from __future__ import annotations

from typing import Any, NamedTuple

import grpc

KEY_HEADER = "x-api-key"


class _Details(NamedTuple):
    """What grpcio reads of a call's details."""

    method: str
    timeout: float | None
    metadata: Any
    credentials: Any
    wait_for_ready: Any
    compression: Any


class SendKey(
    grpc.UnaryUnaryClientInterceptor,  # type: ignore[type-arg] # generic for the checker only
    grpc.UnaryStreamClientInterceptor,  # type: ignore[type-arg] # generic for the checker only
    grpc.StreamUnaryClientInterceptor,  # type: ignore[type-arg] # generic for the checker only
    grpc.StreamStreamClientInterceptor,  # type: ignore[type-arg] # generic for the checker only
):
    """Puts the key into the metadata of calls of every kind."""

    def __init__(self, key: str) -> None:
        self._entry = (KEY_HEADER, key)

    def _send(self, continuation: Any, details: Any, request: Any) -> Any:
        metadata = [*(details.metadata or ()), self._entry]
        return continuation(
            _Details(
                details.method,
                details.timeout,
                metadata,
                details.credentials,
                details.wait_for_ready,
                details.compression,
            ),
            request,
        )

    intercept_unary_unary = _send  # type: ignore[assignment] # one for all four
    intercept_unary_stream = _send  # type: ignore[assignment] # one for all four
    intercept_stream_unary = _send  # type: ignore[assignment] # one for all four
    intercept_stream_stream = _send  # type: ignore[assignment] # one for all four


def with_key(channel: grpc.Channel, key: str) -> grpc.Channel:
    """Return the channel, sending the key unless it is empty."""
    return grpc.intercept_channel(channel, SendKey(key)) if key else channel
